"""What names the folder of a session names its copy in a replay."""

import os

import pytest

from codepilot.runtime.replay_paths import Moved


@pytest.fixture
def moved(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/p")
    return Moved(["/home/p/app"], tmp_path / "copy")


@pytest.mark.parametrize(
    "text",
    [
        "cd {} && ls",
        "{}/src/a.py",
        "'{}'",
        "--prefix={}",
        "tar -C{} -xf a",
        "In {}.",
        "a:{}:b",
        "file://{}/a",
    ],
)
@pytest.mark.parametrize("name", ["/home/p/app", "~/app", "$HOME/app", "${HOME}/app"])
def test_the_folder_is_replaced_however_it_is_named(moved, tmp_path, text, name):
    assert moved.text(text.format(name)) == text.format(tmp_path / "copy")
    assert moved.names(text.format(name)) and not moved.names(text.format(tmp_path / "copy"))


@pytest.mark.parametrize(
    "text", ["/home/p/app2", "/home/p/app-old/x", "/home/p/app.old", "/backup/home/p/app", "/home/p", "./app"]
)
def test_other_places_stay(moved, text):
    assert moved.text(text) == text and not moved.names(text)


def test_signs_that_a_shell_reads_as_the_name_are_seen(tmp_path):
    assert Moved(["/srv/my app"], tmp_path).names("cd /srv/my\\ app")


def test_only_what_acts_is_replaced_in_a_reply(moved, tmp_path):
    said = (
        "I look at /home/p/app.\n\n```codepilot\nwrite_file('{}/a.txt')\n```\n\n"
        "```text filename={}/a.txt\nin /home/p/app\n```\n"
    )
    assert moved.reply(said.format("/home/p/app", "/home/p/app")) == said.format(*[tmp_path / "copy"] * 2)


def test_links_into_the_folder_lead_into_the_copy(tmp_path):
    original, copy, other = (tmp_path / name for name in ("app", "copy", "other"))
    for folder in (original / "sub", copy / "sub" / "deep", other):
        folder.mkdir(parents=True)
    (other / "back").symlink_to(original / "sub")
    leads = {
        "absolute": original / "sub",
        "sub/top": original,
        "sub/deep/gone": original / "nowhere/x",
        "around": other / "back",
        "climbing": "../" * 50 + str(original).lstrip("/"),
    }
    stay = {"inside": "sub/deep", "outside": str(other), "dangling": "../nothing"}
    for name, to in {**leads, **stay}.items():
        (copy / name).symlink_to(to)
    Moved([str(original)], copy).links()
    assert {name: os.readlink(copy / name) for name in leads} == {
        "absolute": "sub",
        "sub/top": "..",
        "sub/deep/gone": "../../nowhere/x",
        "around": "sub",
        "climbing": ".",
    }
    assert {name: os.readlink(copy / name) for name in stay} == stay
