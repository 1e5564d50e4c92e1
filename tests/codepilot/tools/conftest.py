"""A desk: tools over a real work folder, with the payload binder of the protocol and a person who answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from codepilot.decision import Decision, PermissionRequest
from codepilot.ports import CallContext
from codepilot.protocol import PayloadBinder, PayloadBlock
from codepilot.tools import builtin_registry
from codepilot.workspace import FileMemory, Workspace


@dataclass
class Desk:
    """What stands around one registry."""

    root: Path
    tools: Any = None
    memory: FileMemory = field(default_factory=FileMemory)
    events: list[Any] = field(default_factory=list)
    asked: list[PermissionRequest] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    decision: Decision = Decision(allow=True)
    answer: str | None = "yes"
    while_asked: Any = None
    binder: PayloadBinder = PayloadBinder(())
    calls: int = 0

    def build(self, *, unsafe: bool = False, tools: Any = ()) -> Desk:
        workspace = Workspace(self.root, unsafe=unsafe)
        self.tools = builtin_registry(
            workspace=workspace, memory=self.memory, terminals=None, tools=tools, complete=self.done.append
        )
        return self

    def reply(self, *payloads: tuple[str, str]) -> None:
        """A new reply with these payloads begins."""
        self.binder = PayloadBinder(
            PayloadBlock(path=path, text=text, language="text", eof=True, line=n, end_line=n)
            for n, (path, text) in enumerate(payloads)
        )
        self.tools.begin_step()

    def context(self) -> CallContext:
        self.calls += 1

        async def permit(request: PermissionRequest) -> Decision:
            self.asked.append(request)
            if self.while_asked is not None:
                self.while_asked()
            return self.decision

        async def ask(question: str) -> str | None:
            return self.answer

        return CallContext(
            call_id=f"c{self.calls}",
            emit=self.events.append,
            permit=permit,
            take_payload=self.binder.take,
            payload_paths=self.binder.remaining,
            append=self.read.append,
            ask=ask,
        )

    async def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        return await self.tools.call(name, args, kwargs, self.context())

    async def put(self, path: str, text: str, **kwargs: Any) -> str:
        """One reply with one payload and one write_file."""
        self.reply((path, text))
        return await self.call("write_file", path, **kwargs)

    async def replace(self, path: str, payload: str) -> str:
        """One reply with one payload and one edit_file."""
        self.reply((path, payload))
        return await self.call("edit_file", path)

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def write(self, path: str, data: str | bytes) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data if isinstance(data, bytes) else data.encode())
        return file


@pytest.fixture
def desk(tmp_path):
    root = tmp_path / "work"
    root.mkdir()
    return Desk(root).build()
