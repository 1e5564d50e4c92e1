"""What came of a block, as the model reads it, and whether the completion beside it can be accepted."""

from __future__ import annotations

from codepilot import protocol
from codepilot.loop.block import BlockOutcome, BlockRunner
from codepilot.loop.outcome import LoopSettings
from codepilot.loop.reply import Received
from codepilot.messages import ExecutionResult
from codepilot.ports import Toolset
from codepilot.protocol import Reply, build_observation, completion_withheld, surplus_controls


def why_withheld(received: Received, result: BlockOutcome, toolset: Toolset) -> str:
    """Why a completion has to wait; empty if it is accepted."""
    if not result.execution.ok:
        return "the control block failed"
    if result.completion is not None:
        return ""  # done() was called by the block itself, which could look at every result
    if result.unseen:
        return result.unseen
    tools = protocol.tools_of(toolset.describe())
    return protocol.overlooked(received.reply, tools, received.end.calls)


def cut_off(block: BlockRunner, settings: LoopSettings) -> str:
    """The observation of a block that was stopped with its task: what was started, and what is known of it."""
    return build_observation(
        execution=ExecutionResult(ok=False, kind="aborted"),
        results=block.take_appended(),
        notes=[block.calls.told()],
        spool=settings.spool,
        limits=settings.limits,
    )


def observed(reply: Reply, result: BlockOutcome, withheld: str, settings: LoopSettings) -> str:
    """The observation of a step that ran a block."""
    notes = [*result.notes, *surplus_controls(reply)]
    if result.missed:
        notes[:0] = protocol.missing_payloads(reply, result.missed)
    if withheld:
        notes.extend(completion_withheld(withheld))
    return build_observation(
        execution=result.execution,
        results=result.appended,
        notes=notes,
        spool=settings.spool,
        limits=settings.limits,
    )
