import json
import threading
from dataclasses import replace

import pytest

from codepilot.decision import MODES, PermissionRequest
from codepilot.errors import UsageError
from codepilot.paths import state_dir
from codepilot.permissions import Policy, TrustStore, Verdict, known_mode


def ask(tool="execute", kind="command", required=False):
    return PermissionRequest(id="r", call_id="c", tool=tool, description="x", kind=kind, required=required)


SETS = "The agent file sets require_permission for execute."
ASKS = 'Mode "ask" asks before every command and edit.'


@pytest.mark.parametrize(
    ("mode", "kind", "required", "effect", "why"),
    [
        (None, "command", False, "allow", "No mode is set, and the agent file does not ask for a question."),
        (None, "command", True, "ask", SETS),
        ("plan", "command", False, "deny", 'Mode "plan" only reads.'),
        ("plan", "edit", False, "deny", 'Mode "plan" only reads.'),
        ("plan", "edit", True, "deny", 'Mode "plan" only reads.'),
        ("ask", "command", False, "ask", ASKS),
        ("ask", "input", False, "ask", ASKS),
        ("ask", "edit", False, "ask", ASKS),
        ("ask", "custom", False, "ask", ASKS),
        ("ask", "edit", True, "ask", SETS),
        ("auto-edit", "edit", False, "allow", 'Mode "auto-edit" allows edits in the workspace.'),
        ("auto-edit", "command", False, "ask", 'Mode "auto-edit" asks before every command.'),
        ("auto-edit", "input", False, "ask", 'Mode "auto-edit" asks before every command.'),
        ("auto-edit", "custom", False, "ask", 'Mode "auto-edit" asks before every command.'),
        ("auto-edit", "edit", True, "ask", SETS),
    ],
)
def test_mode_table(mode, kind, required, effect, why):
    assert Policy(mode).judge(ask(kind=kind, required=required)) == Verdict(effect, why)


@pytest.mark.parametrize(
    ("mode", "allowed", "effect"),
    [
        (None, (), "allow"),
        ("plan", (), "deny"),
        ("ask", (), "ask"),
        ("auto-edit", (), "ask"),
        ("ask", ("all",), "allow"),
        ("ask", ("deploy",), "allow"),
    ],
)
def test_what_would_be_forgotten_is_asked_for_where_a_mode_is_set(mode, allowed, effect):
    request = replace(ask("deploy", "custom"), unsaved="No space left on device")
    verdict = Policy(mode, allowed).judge(request)
    assert verdict.effect == effect
    assert ("cannot be written: No space left on device" in verdict.why) == (effect == "ask")


def test_policies_and_verdicts_are_values():
    for value, name in ((Policy("ask"), "mode"), (Verdict("ask", "x"), "effect")):
        with pytest.raises(AttributeError):
            setattr(value, name, "allow")
        assert not hasattr(value, "__dict__")


@pytest.mark.parametrize("mode", ["auto", "yolo"])
def test_modes_that_need_a_jail_are_refused_until_there_is_one(mode):
    for refused in (known_mode, Policy, lambda mode: replace(Policy("ask"), mode=mode)):
        with pytest.raises(UsageError) as caught:
            refused(mode)
        assert caught.value.message == (
            f"Mode {mode} is not available yet: it needs a jail around the shells, and there is none."
        )
        assert caught.value.hint == "The modes are plan, ask and auto-edit."


@pytest.mark.parametrize("mode", ["", "Ask", "automatic", "edit"])
def test_an_unknown_mode_is_refused(mode):
    with pytest.raises(UsageError) as caught:
        Policy(mode)
    assert caught.value.message == f"There is no mode {mode!r}."
    assert caught.value.hint == "The modes are plan, ask and auto-edit."


def test_the_known_modes_are_taken():
    assert [known_mode(mode) for mode in MODES] == ["plan", "ask", "auto-edit"]
    assert Policy().mode is None


def test_what_was_allowed_beforehand_passes_but_not_in_plan_mode():
    assert Policy("ask", {"execute"}).judge(ask(required=True)) == Verdict(
        "allow", "execute was allowed in advance."
    )
    assert Policy("ask", {"all"}).judge(ask("write_file", "edit")).effect == "allow"
    assert Policy("ask", {"find"}).judge(ask()).effect == "ask"
    for allowed in ({"all"}, {"execute"}, {"execute", "all"}):
        assert Policy("plan", allowed).judge(ask()).effect == "deny", allowed


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
    assert (state_dir() / "trust.json").is_file()
    assert TrustStore().answer(tmp_path) is True


def test_answers_that_are_stored_at_the_same_time_are_all_kept(tmp_path):
    """Found by use: of two workbenches that were answered in the same moment one forgot."""
    path = tmp_path / "trust.json"

    def store(name: str) -> None:
        for number in range(20):
            TrustStore(path).remember(tmp_path / f"{name}{number}", True)

    threads = [threading.Thread(target=store, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers = json.loads(path.read_text())
    assert len(answers) == 80
