"""`codepilot sessions`: which sessions there are, what was said in them, and what can be done with one as a whole."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from codepilot import paths
from codepilot.cli import output, transcript
from codepilot.cli.folder import current_folder
from codepilot.cli.session_rows import deleted_row, row, told, told_deleted
from codepilot.errors import SessionError, UsageError
from codepilot.journal import bin as deleted
from codepilot.journal.damage import damage_told
from codepilot.journal.export import Form, export_session
from codepilot.journal.library import find_session, fork_session, rename_session, search_sessions
from codepilot.journal.listing import SessionInfo
from codepilot.journal.overview import list_sessions, overview_of
from codepilot.text import clean_line, counted, shorten

if TYPE_CHECKING:
    from codepilot.journal.importing import ImportedSession

_AN_ID = "its id, or the first characters of it"


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    sessions = commands.add_parser(
        "sessions",
        help="list, show, search, rename, fork, export or delete the sessions of this folder",
        description="The conversations that codepilot run and the workbench keep. Continue one with: codepilot run"
        " --session ID, or codepilot-tui --session ID.",
        epilog="exit codes: 0 done, 1 failed, 2 usage",
    )
    what = sessions.add_subparsers(dest="what", metavar="WHAT", required=True, help=", ".join(_VERBS))
    made = {name: what.add_parser(name, help=text, description=text) for name, text in _VERBS.items()}
    for name in ("show", "rename", "fork", "export", "delete", "undelete"):
        made[name].add_argument("id", help=_AN_ID)
    made["search"].add_argument("words", nargs="+", help="whole words, in any order")
    made["rename"].add_argument("title", help="the new title")
    where = made["fork"].add_mutually_exclusive_group()
    where.add_argument(
        "--summary",
        action="store_true",
        help="begin with a summary in place of the records: for a session that became too large",
    )
    where.add_argument("--at", type=int, metavar="N", help="fork after this record (default: the last one)")
    made["fork"].add_argument("--title", default="", help="title of the fork")
    made["export"].add_argument("--format", "-f", choices=get_args(Form), help="default: markdown")
    made["export"].add_argument(
        "--output", "-o", type=Path, metavar="FILE", help="write to this new file (default: stdout)"
    )
    made["import"].add_argument("path", type=Path, help="a file, or a folder with such files")
    made["delete"].add_argument("--now", action="store_true", help="delete it at once")
    for name in ("list", "search"):
        made[name].add_argument("--all", action="store_true", help="sessions of all folders")
    made["list"].add_argument("--deleted", action="store_true", help="sessions in the bin")
    for command in made.values():
        command.add_argument("--json", action="store_true", help="one JSON object")
        command.add_argument("--dir", "-C", type=Path, help="the folder (default: here)")
    sessions.set_defaults(handler=handle)


def handle(options: argparse.Namespace) -> int:
    """Run the subcommand; returns the exit code."""
    deleted.empty_bin()
    _HANDLERS[options.what](options)
    return 0


def _folder(options: argparse.Namespace) -> Path | None:
    """The one whose sessions are meant; None: all."""
    if getattr(options, "all", False):
        return None
    try:
        return paths.expanded(options.dir or current_folder())
    except ValueError as error:
        raise UsageError(f"--dir: {error}.") from None


def _chosen(options: argparse.Namespace) -> SessionInfo:
    """The session that is meant: of this folder first, then of any."""
    return find_session(options.id, _folder(options))


def _list(options: argparse.Namespace) -> None:
    if options.deleted:
        _list_deleted(options)
        return
    found = list_sessions(_folder(options))
    if options.json:
        output.json_line({"sessions": [told(each) for each in found]})
    elif not found:
        output.narrate("There is no session" + (" yet." if options.all else " of this folder yet."))
    else:
        output.write("".join(row(each, with_folder=options.all) for each in found))


def _list_deleted(options: argparse.Namespace) -> None:
    there = deleted.deleted_sessions()
    if options.json:
        output.json_line({"deleted": [told_deleted(each) for each in there]})
    elif not there:
        output.narrate(f"The bin is empty ({deleted.bin_dir()}).")
    else:
        output.write("".join(map(deleted_row, there)))


def _show(options: argparse.Namespace) -> None:
    info = _chosen(options)
    if options.json:
        events = transcript.as_dicts(info)
        output.json_line({"session": told(overview_of(info)), "events": list(events)})
        return
    for text in transcript.lines(info):
        output.write(text)
    if lost := damage_told(0, overview_of(info).figures.missing):
        output.narrate(f"The journal of this session is damaged. {lost}")


def _search(options: argparse.Namespace) -> None:
    hits = search_sessions(" ".join(options.words), _folder(options))
    if options.json:
        keys = ("session", "n", "kind", "time", "text")
        output.json_line({"hits": [{key: getattr(hit, key) for key in keys} for hit in hits]})
    elif not hits:
        output.narrate("No message has all of these words.")
    else:
        for hit in hits:
            output.write(f"{clean_line(hit.session)}  {hit.kind}  {shorten(clean_line(hit.text), 200)}\n")


def _say(options: argparse.Namespace, sentence: str, value: dict[str, Any]) -> None:
    if options.json:
        output.json_line(value)
    else:
        output.narrate(sentence)


def _rename(options: argparse.Namespace) -> None:
    info = _chosen(options)
    title = rename_session(info, options.title)
    _say(options, f"Renamed the session {info.id}: {title}", {"id": info.id, "title": title})


def _fork(options: argparse.Namespace) -> None:
    info = _chosen(options)
    if options.summary:
        from codepilot.sessions.summarised import fork_with_summary  # the only one that reads the work folder

        made = fork_with_summary(info, title=options.title)
    else:
        made = fork_session(info, options.at, title=options.title)
    if options.json:
        output.json_line(told(overview_of(made)))
    else:
        output.write(f"{clean_line(made.id)}\n")
        output.narrate(f"Continue it with: codepilot run --session {clean_line(made.id)}")


def _export(options: argparse.Namespace) -> None:
    info = _chosen(options)
    whole = options.json and options.output is None  # the one JSON object is the session itself
    form: Form = "json" if whole else options.format or ("json" if options.json else "markdown")
    text = export_session(info, form)
    if options.output is None:
        output.write(text)
        return
    try:
        handle = os.open(options.output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError:
        raise UsageError(f"{options.output} already exists.", hint="Choose another name.") from None
    except OSError as error:
        raise SessionError(f"{options.output} cannot be written: {error.strerror or error}.") from error
    if options.json:
        output.json_line({"session": info.id, "format": form, "file": str(options.output)})
    else:
        output.narrate(f"Exported the session {info.id} to {options.output}.")


def _import(options: argparse.Namespace) -> None:
    from codepilot.journal.importing import import_sessions  # formats that are needed here only

    found = import_sessions(options.path, _folder(options) or "")
    if options.json:
        output.json_line({"imported": [_told_import(each) for each in found]})
        return
    for each in found:
        output.write(f"{clean_line(each.info.id)}  {each.program}  {clean_line(each.source_id)}\n")
        if not each.new:
            output.narrate(f"{clean_line(each.source_id)} was already imported.")


def _told_import(each: ImportedSession) -> dict[str, Any]:
    return {
        "id": each.info.id,
        "program": each.program,
        "source": str(each.source),
        "source_id": each.source_id,
        "new": each.new,
    }


def _delete(options: argparse.Namespace) -> None:
    info = _chosen(options)
    deleted.delete_session(info, now=options.now)
    back = "" if options.now else f" codepilot sessions undelete {clean_line(info.id)} brings it back"
    days = "" if options.now else f" for {counted(deleted.KEPT_DAYS, 'day')}."
    _say(options, f"Deleted the session {info.id}.{back}{days}", {"deleted": info.id, "now": options.now})


def _undelete(options: argparse.Namespace) -> None:
    info = deleted.undelete_session(options.id)
    _say(options, f"Restored the session {info.id}.", {"undeleted": info.id})


_VERBS = {
    "list": "list the sessions of this folder, newest first",
    "show": "show what was said and done in a session",
    "search": "find messages and titles with all of these words",
    "rename": "rename a session",
    "fork": "start a new session as a copy of another",
    "export": "export a session as Markdown, HTML or JSON",
    "import": "import sessions of codepilot-ai (files, SQLite), pyopencode or pygent, or an exported session",
    "delete": f"move a session to the bin, where it stays for {deleted.KEPT_DAYS} days",
    "undelete": "restore a session from the bin",
}
_HANDLERS = {
    "list": _list,
    "show": _show,
    "search": _search,
    "rename": _rename,
    "fork": _fork,
    "export": _export,
    "import": _import,
    "delete": _delete,
    "undelete": _undelete,
}
