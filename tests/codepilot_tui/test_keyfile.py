import re
from pathlib import Path

import pytest

from codepilot import paths
from codepilot.errors import UsageError
from codepilot_tui.keyfile import key_file, keys_in_force, read_keys
from codepilot_tui.keymap import Keymap


def test_no_file_is_the_table(tmp_path):
    assert read_keys(tmp_path / "keys.yaml") == Keymap()
    assert key_file().name == "keys.yaml"


def test_the_persons_keys(tmp_path):
    path = tmp_path / "keys.yaml"
    path.write_text("take_over: f11\nleader.take_over: '0'\nleader: ctrl+b\n")
    keys = read_keys(path)
    assert (keys["take_over"].key, keys["take_over"].leader, keys.leader) == ("f11", "0", "ctrl+b")
    path.write_text("# nothing yet\n")
    assert read_keys(path) == Keymap()


def test_the_examples_that_are_shown_can_be_used(tmp_path):
    """README's, and the one that an error shows."""
    path = tmp_path / "keys.yaml"
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    lines = re.findall(r"`([\w.]+: [\w+]+)`", readme.partition("keys.yaml")[2].partition("##")[0])
    assert len(lines) == 3
    path.write_text("\n".join(lines))
    assert read_keys(path) != Keymap()
    path.write_text("- f2\n")
    with pytest.raises(UsageError) as caught:
        read_keys(path)
    path.write_text(caught.value.hint)
    assert read_keys(path) != Keymap()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- f2\n", "one action per line"),
        ("a: [\n", "is not YAML"),
        ("help: f6\n", "One key for two actions"),
        ("nothing: f2\n", "no action 'nothing'"),
        ("leader: on\n", "leader: YAML reads this as true, which is not a key"),
        ("leader: ~\n", "YAML reads this as nothing"),
        ("help: 1.5\n", "YAML reads this as 1.5"),
        ("help: 12\n", "YAML reads this as 12"),
        ("help: [f1]\n", "YAML reads this as \\['f1'\\]"),
        ("help: {}\n", "YAML reads this as {}"),
        ("on: f2\n", "YAML reads this as true"),
        ("take_over: banana\n", "'banana' is not a key"),
    ],
)
def test_what_is_wrong_is_said_with_the_file(tmp_path, text, words):
    path = tmp_path / "keys.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=words) as caught:
        read_keys(path)
    assert str(path) in caught.value.message
    assert caught.value.message.endswith(".") and "keys: " not in caught.value.message


def test_a_folder_in_its_place_is_no_file(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_keys(tmp_path)


def test_with_a_wrong_file_the_usual_keys_are_in_force_and_the_mistake_is_told_in_sentences():
    assert keys_in_force() == (Keymap(), "")
    paths.private_dir(key_file().parent)
    key_file().write_text("leader.take_over: k\n")
    keys, trouble = keys_in_force()
    assert keys == Keymap()
    assert trouble == (
        f"The default keys are used. {key_file()}:"
        " One key for two actions: letter k: take_over and previous_terminal."
    )
    key_file().write_text("take_over: f11\n")
    assert keys_in_force()[0]["take_over"].key == "f11"
