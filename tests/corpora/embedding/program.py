"""A program as its author would write it: type checkers in their strictest modes find nothing in it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from codepilot import (
    AgentConfig,
    AsyncRuntime,
    BaseSession,
    CodepilotError,
    Decision,
    EventType,
    FileSession,
    InMemorySession,
    PermissionRequest,
    Runtime,
    create_session,
    on_ask_user,
    on_finish,
    on_permission_request,
    on_runtime_error,
    on_stream,
    on_tool_call,
    on_tool_result,
    on_user_message_injected,
)


class Notes:
    """What happened, in lines."""

    def __init__(self, file: Path) -> None:
        self.file: Path = file
        self.lines: list[str] = []

    def add(self, line: str) -> None:
        self.lines.append(line)
        _ = self.file.write_text("\n".join(self.lines))


def weather(city: str, days: int = 1) -> str:
    """The weather of a city."""
    return f"{city}: sun for {days} days"


def listen(runtime: Runtime, notes: Notes) -> None:
    @on_stream(runtime)
    def show(text: str, **_: object) -> None:
        print(text, end="", flush=True)

    @on_tool_call(runtime)
    def called(tool: str, args: dict[str, object], label: str, **_: object) -> None:
        notes.add(f"{tool} {label} {sorted(args)}")

    @on_tool_result(runtime)
    def returned(tool: str, result: str, **_: object) -> None:
        notes.add(f"{tool}: {len(result)} characters")

    @on_permission_request(runtime)
    def gate(tool: str, description: str, request: PermissionRequest, **_: object) -> Decision | bool:
        if tool in ("write_file", "edit_file") or (tool == "execute" and request.command == "pytest"):
            return True
        return Decision(allow=False, reason=f"{description}: only edits and pytest")

    @on_ask_user(runtime)
    def answer(question: str, **_: object) -> str:
        return f"I do not know: {question}"

    @on_finish(runtime)
    def finished(summary: str, **_: object) -> None:
        notes.add(summary)

    @on_runtime_error(runtime)
    def failed(error: str, **_: object) -> None:
        print(error, file=sys.stderr)

    @on_user_message_injected(runtime)
    def injected(message: str, **_: object) -> None:
        notes.add(f"read: {message}")

    def too_long(**_: object) -> None:
        notes.add("too long")

    runtime.hooks.register(EventType.MAX_STEPS, too_long)
    print(show, called, returned, gate, answer, finished, failed, injected)


def work(file: Path, task: str, session: BaseSession) -> int:
    config = AgentConfig.load(file)
    notes = Notes(file.with_suffix(".log"))
    with Runtime(config, session=session, stream=True, mode="ask", allow=("read_file", "find")) as runtime:
        listen(runtime, notes)
        runtime.register_tool("weather", weather)
        _ = runtime.send_message("Be brief.")
        summary = runtime.run(task)
        outcome = runtime.last_outcome
        if summary is None and outcome is not None:
            print(f"no result: {outcome.status}, {outcome.summary}")
        print(summary, len(runtime.messages), runtime.work_dir, runtime.provider.model)
    return 0 if summary is not None else 1


async def together(file: Path, tasks: list[str]) -> list[str | None]:
    async def one(task: str) -> str | None:
        async with AsyncRuntime(str(file), session="memory", use_stdin=False) as runtime:
            return await runtime.run(task)

    return await asyncio.gather(*(one(task) for task in tasks))


def main() -> int:
    file = Path(sys.argv[1])
    sessions: list[BaseSession] = [
        InMemorySession(),
        FileSession("a", session_dir=file.parent),
        create_session(),
    ]
    try:
        codes = [work(file, "Fix the failing test", session) for session in sessions]
        print(asyncio.run(together(file, ["one", "two"])))
    except CodepilotError as error:
        print(f"{error.message} {error.hint}", file=sys.stderr)
        return error.exit_code
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
