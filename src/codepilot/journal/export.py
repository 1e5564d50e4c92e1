"""A session as a file for others: Markdown and HTML to be read, JSON with the records as they stand in the journal."""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal, get_args

from codepilot.errors import UsageError
from codepilot.journal.library import find_session
from codepilot.journal.listing import SessionInfo
from codepilot.journal.log import lines_of
from codepilot.journal.overview import Overview, overview_of
from codepilot.journal.parts import Part, parts_of
from codepilot.journal.place import TEXTS
from codepilot.journal.record import Record, decode
from codepilot.text import clean_line, escaped_json

Form = Literal["markdown", "json", "html"]
_TICKS = re.compile(r"`{3,}")


def export_session(session: SessionInfo | str, form: Form = "markdown") -> str:
    """A session as one text.

    Args:
        session: which; an id as in `find_session`.
        form: of the text. JSON has every record, those of later versions included; HTML needs nothing beside it and
            runs no script.

    Raises:
        UsageError: there is no such form or session.
        SessionError: it cannot be read.
    """
    if form not in get_args(Form):
        raise UsageError(f"A session is exported as {', '.join(get_args(Form))}, not as {form!r}.")
    info = find_session(session) if isinstance(session, str) else session
    seen = overview_of(info)
    make = {"markdown": _markdown, "json": _json, "html": _html}[form]
    return make(seen, records_of(info))


def records_of(info: SessionInfo) -> Iterator[Record]:
    """All records of a session, from the first; lines that are none are left out.

    Raises:
        SessionError: it cannot be read.
    """
    for line in lines_of(info.path):
        if line.endswith(b"\n") and (record := decode(line, info.path.with_name(TEXTS))) is not None:
            yield record


def _facts(seen: Overview) -> list[tuple[str, str]]:
    figures = seen.figures
    told = [
        ("session", seen.id),
        ("folder", seen.info.folder),
        ("agent", seen.info.agent),
        ("model", figures.model),
        ("begun", _when(seen.info.created)),
        ("forked from", f"{figures.parent} at record {figures.parent_n}" if figures.parent else ""),
        ("imported from", figures.imported),
        ("tokens", f"{figures.input_tokens:,} in, {figures.output_tokens:,} out"),
        ("cost", "" if figures.cost is None else f"${figures.cost:.2f}"),
    ]
    return [(name, clean_line(value)) for name, value in told if value]


def _when(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def _title(seen: Overview) -> str:
    return clean_line(" ".join(seen.title.split())) or seen.id


# -- JSON --------------------------------------------------------------------------------------------------------


def _json(seen: Overview, records: Iterator[Record]) -> str:
    whole: dict[str, Any] = {
        "format": "codepilot-session",
        "version": 1,
        "session": {"title": seen.title, "state": seen.state, **dict(_facts(seen))},
        "records": [{"n": each.n, "time": each.time, "type": each.type, **each.data} for each in records],
    }
    return escaped_json(json.dumps(whole, ensure_ascii=False, indent=1)) + "\n"


# -- Markdown ----------------------------------------------------------------------------------------------------


def _markdown(seen: Overview, records: Iterator[Record]) -> str:
    lines = [f"# {_title(seen)}", ""]
    lines += [f"- {name}: {_code(value)}" for name, value in _facts(seen)]
    for part in parts_of(records):
        lines += ["", *_in_markdown(part)]
    return "\n".join(lines).rstrip() + "\n"


def _in_markdown(part: Part) -> list[str]:
    match part.kind:
        case "task" | "person":
            return [f"## You · {_when(part.time)}", "", _quoted(part.text)]
        case "code":
            return [_fenced(part.text, "python")]
        case "file":
            return [f"{_code(part.title)}:", "", _fenced(part.text)]
        case "call":
            text = ["", _fenced(part.text)] if part.text.strip() else []
            return [f"{'✓' if part.ok else '✗'} {_code(part.title)}", *text]
        case "change":
            return [f"Changed: {_code(part.title)}"]
        case "asked":
            answer = _quoted(part.text) if part.ok else "(nobody answered)"
            return [f"The agent asked: {part.title}", "", answer]
        case "note":
            return [f"*{part.text.strip()}*"]
        case _:
            return [part.text if _speaks(part) else f"*{_ended(part)}*"]


def _speaks(part: Part) -> bool:
    """It is prose of the agent: a reply, or the summary of what it did."""
    return part.kind == "reply" or (part.title == "done" and bool(part.text))


def _code(text: str) -> str:
    return f"`{text.replace('`', 'ˋ')}`"


def _ended(part: Part) -> str:
    words = {
        "done": "Done.",
        "replied": "Answered.",
        "aborted": "Stopped.",
        "max_steps": "The step limit was reached.",
        "max_cost": "Stopped to keep to the budget.",
        "needs_person": "Nobody was there to answer.",
        "failed": "Failed.",
    }
    return words.get(part.title, part.title)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def _fenced(text: str, language: str = "") -> str:
    """In a fence that is longer than any in it."""
    ticks = max((len(each) for each in _TICKS.findall(text)), default=2) + 1
    fence = "`" * ticks
    body = text.rstrip("\n")
    return f"{fence}{language}\n{body}\n{fence}"


# -- HTML --------------------------------------------------------------------------------------------------------

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 55rem; margin: 2rem auto; padding: 0 1rem; }}
h1 {{ font-size: 1.4rem; }} h2 {{ font-size: 1rem; margin: 2rem 0 .3rem; }}
dl {{ display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; opacity: .75; }} dd {{ margin: 0; }}
pre {{ overflow-x: auto; padding: .6rem; border: 1px solid #8886; border-radius: 4px; font-size: .85rem; }}
.you {{ white-space: pre-wrap; border-left: 3px solid #48c; padding-left: .8rem; }}
.note {{ opacity: .75; font-style: italic; white-space: pre-wrap; }} .bad {{ color: #c33; }}
summary {{ cursor: pointer; font-family: ui-monospace, monospace; font-size: .85rem; }}
</style>
</head>
<body>
<h1>{title}</h1>
<dl>
{facts}
</dl>
{body}
</body>
</html>
"""


def _html(seen: Overview, records: Iterator[Record]) -> str:
    from markdown_it import MarkdownIt

    # No HTML of the agent's, and no pictures: they would be fetched from elsewhere.
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    return _PAGE.format(
        title=html.escape(_title(seen)),
        facts="\n".join(f"<dt>{name}</dt><dd>{html.escape(value)}</dd>" for name, value in _facts(seen)),
        body="\n".join(_in_html(part, markdown.render) for part in parts_of(records)),
    )


def _in_html(part: Part, rendered: Callable[[str], Any]) -> str:
    text, title = html.escape(part.text), html.escape(part.title)
    bad = "" if part.ok else " bad"
    match part.kind:
        case "task" | "person":
            return f'<h2>You · {_when(part.time)}</h2>\n<div class="you">{text}</div>'
        case "code" | "file":
            return f"<details><summary>{title or 'Python'}</summary><pre>{text}</pre></details>"
        case "call":
            sign = "✓" if part.ok else "✗"
            return f'<details><summary class="call{bad}">{sign} {title}</summary><pre>{text}</pre></details>'
        case "change":
            return f'<p class="note">Changed: {title}</p>'
        case "asked":
            answer = f'<div class="you">{text}</div>' if part.ok else '<p class="note">(nobody answered)</p>'
            return f"<p>The agent asked: {title}</p>\n{answer}"
        case "note":
            return f'<p class="note{bad}">{text}</p>'
        case _ if _speaks(part):
            return str(rendered(part.text))
        case _:
            return f'<p class="note{bad}">{html.escape(_ended(part))}</p>'
