from dataclasses import replace

import pytest

from codepilot.decision import MODES, PermissionRequest
from codepilot.errors import UsageError
from codepilot.permissions import Policy, TrustStore, known_mode


def ask(tool="execute", kind="command", required=False):
    return PermissionRequest(id="r", call_id="c", tool=tool, description="x", kind=kind, required=required)


@pytest.mark.parametrize(
    ("mode", "kind", "required", "effect"),
    [
        (None, "command", False, "allow"),
        (None, "command", True, "ask"),
        ("plan", "command", False, "deny"),
        ("plan", "edit", False, "deny"),
        ("ask", "command", False, "ask"),
        ("ask", "edit", False, "ask"),
        ("auto-edit", "edit", False, "allow"),
        ("auto-edit", "command", False, "ask"),
        ("auto-edit", "edit", True, "ask"),
    ],
)
def test_mode_table(mode, kind, required, effect):
    assert Policy(mode).judge(ask(kind=kind, required=required)).effect == effect


@pytest.mark.parametrize("mode", ["auto", "yolo"])
def test_modes_that_need_a_jail_are_refused_until_there_is_one(mode):
    for refused in (known_mode, Policy, lambda mode: replace(Policy("ask"), mode=mode)):
        with pytest.raises(UsageError) as caught:
            refused(mode)
        assert caught.value.message == (
            f"Mode {mode} is not there yet: it needs a jail around the shells, and there is none."
        )
        assert caught.value.hint == "The modes are plan, ask and auto-edit."


@pytest.mark.parametrize("mode", ["", "Ask", "automatic", "edit"])
def test_an_unknown_mode_is_refused(mode):
    with pytest.raises(UsageError, match=f"There is no mode {mode!r}") as caught:
        Policy(mode)
    assert caught.value.hint == "The modes are plan, ask and auto-edit."


def test_the_known_modes_are_taken():
    assert [known_mode(mode) for mode in MODES] == ["plan", "ask", "auto-edit"]
    assert Policy().mode is None


def test_what_was_allowed_beforehand_passes_but_not_in_plan_mode():
    assert Policy("ask", {"execute"}).judge(ask(required=True)).effect == "allow"
    assert Policy("ask", {"all"}).judge(ask("write_file", "edit")).effect == "allow"
    assert Policy("ask", {"find"}).judge(ask()).effect == "ask"
    assert Policy("plan", {"all"}).judge(ask()).effect == "deny"


def test_every_verdict_says_why():
    for mode in (None, *MODES):
        assert Policy(mode).judge(ask()).why


def test_trust_is_kept_by_real_path(tmp_path):
    store = TrustStore(tmp_path / "state" / "trust.json")
    folder = tmp_path / "project"
    folder.mkdir()
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert store.answer(folder) is None
    store.remember(link, True)
    assert TrustStore(tmp_path / "state" / "trust.json").answer(folder) is True
    store.remember(folder, False)
    assert store.answer(link) is False


@pytest.mark.parametrize("text", ['{"%s": "false"}', '{"%s": 1}', '{"%s": null}', '["%s"]', "no JSON", ""])
def test_only_true_and_false_are_answers(tmp_path, text):
    path = tmp_path / "trust.json"
    path.write_text(text.replace("%s", str(tmp_path.resolve())))
    assert TrustStore(path).answer(tmp_path) is None


def test_answers_of_other_folders_stay_and_the_file_is_private(tmp_path):
    store = TrustStore(tmp_path / "state" / "trust.json")
    for name, answer in (("a", True), ("b", False)):
        store.remember(tmp_path / name, answer)
    assert [store.answer(tmp_path / name) for name in "ab"] == [True, False]
    assert (tmp_path / "state" / "trust.json").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert TrustStore().answer(tmp_path) is None
    TrustStore().remember(tmp_path, True)
    assert TrustStore().answer(tmp_path) is True
