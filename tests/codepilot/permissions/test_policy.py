import pytest

from codepilot.decision import PermissionRequest
from codepilot.permissions import Policy, TrustStore


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
        ("auto", "command", True, "ask"),
        ("yolo", "command", False, "allow"),
    ],
)
def test_mode_table(mode, kind, required, effect):
    assert Policy(mode).judge(ask(kind=kind, required=required)).effect == effect


def test_what_was_allowed_beforehand_passes_but_not_in_plan_mode():
    assert Policy("ask", {"execute"}).judge(ask(required=True)).effect == "allow"
    assert Policy("ask", {"all"}).judge(ask("write_file", "edit")).effect == "allow"
    assert Policy("ask", {"find"}).judge(ask()).effect == "ask"
    assert Policy("plan", {"all"}).judge(ask()).effect == "deny"


def test_every_verdict_says_why():
    for mode in (None, "plan", "ask", "auto-edit", "auto", "yolo"):
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
