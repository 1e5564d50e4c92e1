"""`codepilot sessions`: which sessions there are, what was said in them, and taking one away."""

from __future__ import annotations

import argparse
import shutil
import time
from pathlib import Path
from typing import Any

from codepilot import events as e
from codepilot import paths
from codepilot.cli import output
from codepilot.cli.folder import current_folder
from codepilot.errors import SessionError, UsageError
from codepilot.journal.expand import expand
from codepilot.journal.lease import Lease
from codepilot.journal.listing import SessionInfo, sessions_of
from codepilot.journal.pages import page_before
from codepilot.journal.place import LOCK
from codepilot.text import clean_line, shorten

_KEPT = 30
"""Days for which a session that was deleted stays in the bin."""
_WORDS = 60
"""Characters of a session's first words in a list."""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    sessions = commands.add_parser(
        "sessions",
        help="list, show, search and delete the sessions of this folder",
        description="What codepilot run and the workbench keep of each conversation. Go on with one: codepilot run"
        " --session ID, codepilot-tui --session ID.",
        epilog="exit codes: 0 done, 1 failed, 2 usage",
    )
    what = sessions.add_subparsers(
        dest="what", metavar="WHAT", required=True, help="list, show, search, delete"
    )
    listing = what.add_parser("list", help="the sessions of this folder, the last one first")
    show = what.add_parser("show", help="what was said and done in one")
    show.add_argument("id", help="its id, or the beginning of it")
    search = what.add_parser("search", help="the messages that hold all of these words")
    search.add_argument("words", nargs="+", help="whole words, in any order")
    delete = what.add_parser("delete", help=f"put one into the bin, where it stays for {_KEPT} days")
    delete.add_argument("id", help="its id, or the beginning of it")
    delete.add_argument("--now", action="store_true", help="delete it at once")
    for command in (listing, search):
        command.add_argument("--all", action="store_true", help="those of all folders")
        command.add_argument("--json", action="store_true", help="one JSON object")
    for command in (listing, show, search, delete):
        command.add_argument("--dir", "-C", type=Path, help="the folder (default: here)")
    sessions.set_defaults(handler=handle)


def handle(options: argparse.Namespace) -> int:
    """Run the subcommand; returns the exit code."""
    work = {"list": _list, "show": _show, "search": _search, "delete": _delete}[options.what]
    work(options)
    return 0


def _found(options: argparse.Namespace) -> list[SessionInfo]:
    if getattr(options, "all", False):
        return sessions_of()
    try:
        return sessions_of(paths.expanded(options.dir or current_folder()))
    except ValueError as error:
        raise UsageError(f"--dir: {error}.") from None


def _chosen(options: argparse.Namespace) -> SessionInfo:
    """The session that is meant: of this folder first, then of any."""
    for found in (_found(options), sessions_of()):
        fitting = [info for info in found if info.id == options.id]
        fitting = fitting or [info for info in found if options.id and info.id.startswith(options.id)]
        if len(fitting) > 1:
            names = ", ".join(info.id for info in fitting[:5])
            raise UsageError(f"{options.id} may be one of several sessions: {names}.")
        if fitting:
            return fitting[0]
    raise UsageError(f"There is no session {options.id!r}.", hint="codepilot sessions list --all names them.")


def _list(options: argparse.Namespace) -> None:
    found = _found(options)
    if options.json:
        output.json_line({"sessions": [_as_json(info) for info in found]})
    elif not found:
        output.narrate("There is no session" + (" yet." if options.all else " of this folder yet."))
    else:
        output.write("".join(_as_line(info, with_folder=options.all) for info in found))


def _state(info: SessionInfo) -> str:
    """`open` in a program, `cut` in the middle of a task, or `done`."""
    if not info.is_free():
        return "open"
    kinds = [record.type for record in page_before(info.path, at_least=16 * 1024).records]
    last = next((kind for kind in reversed(kinds) if kind.startswith(("task_", "step_"))), "task_finished")
    return "done" if last == "task_finished" else "cut"


def _as_json(info: SessionInfo) -> dict[str, Any]:
    return {
        "id": info.id,
        "folder": info.folder,
        "agent": info.agent,
        "created": info.created,
        "last": info.last,
        "bytes": info.path.stat().st_size,
        "state": _state(info),
        "first_words": info.first_words(),
        "journal": str(info.path),
    }


def _as_line(info: SessionInfo, *, with_folder: bool) -> str:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(info.last))
    words = shorten(clean_line(info.first_words()), _WORDS)
    folder = f"  {clean_line(info.folder)}" if with_folder else ""
    return f"{clean_line(info.id)}  {when}  {_state(info)}{folder}  {words}\n"


def _show(options: argparse.Namespace) -> None:
    info = _chosen(options)
    pages, end, more = [], None, True
    while more:
        page = page_before(info.path, end)
        pages.append(page.records)
        end, more = page.start, page.more
    labels: dict[str, str] = {}
    for records in reversed(pages):
        for stamped in expand(records):
            output.write(_shown(stamped.event, labels))


def _shown(event: e.Event, labels: dict[str, str]) -> str:
    """An event as it is read in a transcript; empty: it is not."""
    match event:
        case e.TaskStarted(task=text) | e.MessageInjected(message=text):
            return f"\n> {text.strip()}\n\n"
        case e.TextStreamed(text=text):
            return text
        case e.ToolStarted(call_id=call_id, label=label):
            labels[call_id] = clean_line(label)
        case e.ToolFinished(tool=tool, state=state, figure=figure):
            sign = "✓" if state == "ok" else "…" if state in ("running", "waiting") else "✗"
            parts = (sign, tool, labels.get(event.call_id, ""), figure)
            return f"  {' '.join(filter(None, parts))}\n"
        case e.QuestionAnswered(answer=answer) if answer is not None:
            return f"> {answer}\n"
        case e.TaskResumed(where=where):
            return f"\n(The program had ended {where}.)\n"
        case e.TaskFinished(status=status, summary=summary):
            said = f"\n{summary.strip()}\n" if status == "done" and summary.strip() else ""
            return said or (f"\n({status})\n" if status not in ("done", "replied") else "\n")
        case _:
            pass
    return ""


def _search(options: argparse.Namespace) -> None:
    from codepilot.journal.index import search  # SQLite is for this only

    hits = search(" ".join(options.words), _found(options))
    if options.json:
        keys = ("session", "n", "kind", "time", "text")
        output.json_line({"hits": [{key: getattr(hit, key) for key in keys} for hit in hits]})
    elif not hits:
        output.narrate("No message holds all of these words.")
    else:
        for hit in hits:
            output.write(f"{clean_line(hit.session)}  {hit.kind}  {shorten(clean_line(hit.text), 200)}\n")


def _delete(options: argparse.Namespace) -> None:
    info = _chosen(options)
    folder = info.path.parent
    lease = Lease(folder / LOCK, "codepilot sessions")
    try:
        if options.now:
            shutil.rmtree(folder)
        else:
            folder.rename(_place_in_bin(folder.name))
    except OSError as error:
        raise SessionError(f"The session {info.id} cannot be deleted: {error.strerror or error}.") from error
    finally:
        lease.release()
    _empty_bin()
    output.narrate(
        f"Deleted the session {info.id}." + ("" if options.now else f" It is in {_bin()} for {_KEPT} days.")
    )


def _bin() -> Path:
    return paths.state_dir() / "bin"


def _place_in_bin(name: str) -> Path:
    paths.private_dir(_bin())
    return _bin() / f"{int(time.time())}-{name}"


def _empty_bin() -> None:
    """Delete what lies there for too long."""
    limit = time.time() - _KEPT * 86_400
    for each in _bin().glob("*") if _bin().is_dir() else ():
        since = each.name.partition("-")[0]
        if since.isdecimal() and int(since) < limit:
            shutil.rmtree(each, ignore_errors=True)
