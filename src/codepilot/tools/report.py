"""What the model reads of a change: what was done, or why nothing was."""

from __future__ import annotations

from codepilot.errors import WorkspaceError
from codepilot.ports import CallContext
from codepilot.tools.changes import Change
from codepilot.tools.numbered import regions
from codepilot.tools.result import ToolResult
from codepilot.tools.syntax import syntax_problem
from codepilot.workspace import FileText, lines_of


def report(tool: str, change: Change, file: FileText, tell: str) -> str:
    """The result of a change: what was done, the region as it is now, and broken syntax."""
    rows = [f"[{tool}] {tell}"]
    lines = lines_of(change.after)
    if change.splices is not None:
        shift, spans = 0, []
        for splice in change.splices:
            spans.append((splice.start + shift, splice.start + shift + len(splice.lines)))
            shift += len(splice.lines) - (splice.end - splice.start)
        rows += regions(lines, spans)
        if shift and spans[-1][1] < len(lines):
            rows.append(f"[moved] The lines below line {spans[-1][1]} moved by {shift:+d}.".replace("-", "−"))
    problem = syntax_problem(change.target.place.path, file.text)
    if problem:
        rows.append(f"[syntax] {problem}")
    return "\n".join(rows)


def no_payload(
    shown: str, context: CallContext, wanted: int = 1, found: int = 0, *, inside: str = "..."
) -> str:
    """What to say when a call has no block to take its content from."""
    what = "no block with its content" if wanted == 1 else f"only {found} of {wanted} blocks"
    each = "it" if wanted == 1 else "one for each range"
    unused = ", ".join(f"'{path}'" for path in context.payload_paths())
    name = f'"{shown}"' if " " in shown else shown
    return (
        f"there is {what} for '{shown}' in this reply, so nothing was written. Put {each} into a fence of its own, "
        f"outside of the codepilot block:\n```text filename={name}\n{inside}\n```"
        + (f"\nBlocks that no call has taken: {unused}." if unused else "")
    )


def failed(tool: str, error: WorkspaceError) -> ToolResult:
    """A path or file that cannot be used, as the call's result."""
    words = [f"[{tool}] ERROR: {error.told}"]
    if tool != "read_file":
        words.append("No file was changed.")
    return ToolResult(" ".join(word for word in words if word), "error")
