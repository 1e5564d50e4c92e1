"""A YAML file whose mistakes are told with their line."""

import pytest

from codepilot.errors import UsageError
from codepilot.yaml_lines import YamlFile


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("one:\n  two:\n    three: 3\nOther: 1\n")
    return YamlFile(path)


def test_what_stands_in_it(file):
    assert file.data == {"one": {"two": {"three": 3}}, "Other": 1}
    assert file.mapping(file.data["one"], "one") == {"two": {"three": 3}}
    assert file.mapping(None, "one") == {}


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ((), "1: "),
        (("one",), "1: one: "),
        (("one", "two", "three"), "3: one.two.three: "),
        (("other",), "4: other: "),
        (("one", "four"), "1: one.four: "),
        (("one", "two", "three", "four"), "3: one.two.three.four: "),
    ],
)
def test_what_is_wrong_is_told_with_its_line(file, keys, place):
    assert file.wrong("odd", *keys).message == f"{file.path}:{place}odd."


def test_merged_keys_are_not_doubled_and_others_are_where_it_matters(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("a: &a {x: 1}\nb: &b {y: 2}\nc:\n  <<: *a\n  <<: *b\n")
    assert YamlFile(path).data["c"]["y"] == 2
    path.write_text("a:\n  x: 1\n  x: 2\n")
    assert YamlFile(path, unique=False).data == {"a": {"x": 2}}
    with pytest.raises(UsageError, match=r"a\.yaml:3: a\.x: is already set on line 2\."):
        YamlFile(path)


def test_one_that_cannot_be_read(tmp_path):
    with pytest.raises(UsageError, match="cannot be read: "):
        YamlFile(tmp_path / "none.yaml")
