"""A model's service on the loopback interface that answers from a script, faults included.

    with ModelServer([Turn(text="Hello.")]) as server:
        ...  # point an SDK, or an agent file's base_url, at server.openai_url or server.anthropic_url
    assert server.requests[0].body["model"] == "m"

It speaks Chat Completions (`…/chat/completions`) and Messages (`…/messages`), streamed or not, and lists its
models (`…/models`). A request that no turn of the script fits is answered with 599 and kept in `unmatched`.
`python -m codepilot.testing.model_server SCRIPT` runs it as a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import ssl
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from codepilot.script import Script, Turn
from codepilot.testing import wires
from codepilot.testing.http import (
    LARGEST_HEAD,
    RecordedRequest,
    read_request,
    send_fault,
    send_json,
)
from codepilot.testing.telling import tell

__all__ = ["ModelServer", "RecordedRequest", "main"]


class ModelServer:
    """The server. A plain `with` runs it on a thread, `async with` on the running loop.

    Args:
        script: a `Script`, or the turns of one.
        port: 0 chooses a free one.
        models: what `/v1/models` lists.
        tls: speak TLS with this context's certificate.
        largest: characters of system prompt and messages above which a request is refused as too long; 0: none.
    """

    def __init__(
        self,
        script: Script | Sequence[Turn | str] = (),
        *,
        port: int = 0,
        models: tuple[str, ...] = ("scripted",),
        tls: ssl.SSLContext | None = None,
        largest: int = 0,
    ) -> None:
        self.largest = largest
        self.script = script if isinstance(script, Script) else Script(script)
        self.models = models
        self.requests: list[RecordedRequest] = []
        self.unmatched: list[RecordedRequest] = []
        self.port = port
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stop: asyncio.Event | None = None

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return f"http{'' if self._tls is None else 's'}://127.0.0.1:{self.port}"

    @property
    def openai_url(self) -> str:
        """The base URL for the OpenAI wire."""
        return f"{self.url}/v1"

    @property
    def anthropic_url(self) -> str:
        """The base URL for the Anthropic wire."""
        return self.url

    def leftover(self) -> list[Turn]:
        """Turns that were not played."""
        return self.script.leftover()

    def check(self) -> None:
        """Assert that every turn was played and every request was answered by one."""
        asked = [request.user_text for request in self.unmatched]
        assert not asked, f"no turn fits: {asked}"
        assert not self.leftover(), f"turns not played: {self.leftover()}"

    # -- life ---------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(
            self._accepted, "127.0.0.1", self.port, limit=LARGEST_HEAD, ssl=self._tls
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and drop every connection, stalled ones too."""
        if self._server is None:
            return
        server, self._server = self._server, None
        await _accept_no_more(server)
        server.close()
        for task in self._connections.values():
            task.cancel()
        await asyncio.gather(*self._connections.values(), return_exceptions=True)
        for writer in self._connections:  # a task that had not begun has not closed its own
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()
        self._connections.clear()
        await server.wait_closed()

    async def __aenter__(self) -> ModelServer:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def __enter__(self) -> ModelServer:
        ready: threading.Event = threading.Event()
        failed: list[BaseException] = []

        async def serve() -> None:
            self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
            try:
                await self.start()
            except OSError as error:
                failed.append(error)
                return
            finally:
                ready.set()
            await self._stop.wait()
            await self.stop()

        self._thread = threading.Thread(target=lambda: asyncio.run(serve()), name="model-server", daemon=True)
        self._thread.start()
        ready.wait()
        if failed:
            self._thread.join()
            raise failed[0]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._loop is not None and self._stop is not None and self._thread is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    # -- one connection -----------------------------------------------------------------------

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._server is None:  # stopped between the system's accepting it and ours
            writer.transport.abort()
            return
        self._connections[writer] = asyncio.create_task(self._connected(reader, writer))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request: RecordedRequest | None = None
        try:
            request = await read_request(reader)
            self.requests.append(request)
            if not await self._refused_as_too_long(request, writer):
                await self._answer(request, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            if request is not None:
                request.left = True
        except asyncio.CancelledError:
            writer.transport.abort()  # the server stops; nothing awaits this task but `stop`
        finally:
            if request is not None:
                request.ended.set()
            writer.close()

    async def _refused_as_too_long(self, request: RecordedRequest, writer: asyncio.StreamWriter) -> bool:
        size = wires.characters(request.body)
        too_long = 0 < self.largest < size
        if too_long:
            words = f"prompt is too long: {size} characters > {self.largest} maximum"
            await _refuse(writer, 400, words, "invalid_request_error")
        return too_long

    async def _answer(
        self, request: RecordedRequest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        path = request.path.partition("?")[0].rstrip("/")
        wire: wires.Wire
        if path.endswith("/models") and request.method == "GET":
            await send_json(writer, 200, wires.models(self.models))
            return
        if path.endswith("/chat/completions"):
            wire = "openai"
        elif path.endswith("/messages"):
            wire = "anthropic"
        else:
            await _refuse(writer, 404, f"no such path: {request.method} {request.path}", "not_found_error")
            return
        turn = self.script.take(request.user_text)
        if turn is None:
            self.unmatched.append(request)
            words = f"no turn of the script fits: {request.user_text[:200]!r}"
            await _refuse(writer, 599, words, "script_error")
            return
        fault = turn.fault
        if fault is not None and fault.status is not None:
            await send_fault(writer, fault)
            return
        # From here on the client may leave at any time; it never sends a second request on this connection.
        talk = asyncio.ensure_future(tell(wire, turn, request.body, writer))
        gone = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait((talk, gone), return_when=asyncio.FIRST_COMPLETED)
            if not talk.done():
                request.left = True
        finally:
            for task in (talk, gone):
                task.cancel()
            results = await asyncio.gather(talk, gone, return_exceptions=True)
        if isinstance(results[0], ConnectionError):
            request.left = True
        elif isinstance(results[0], Exception):
            raise results[0]


async def _refuse(writer: asyncio.StreamWriter, status: int, words: str, kind: str) -> None:
    await send_json(writer, status, {"type": "error", "error": {"message": words, "type": kind}})


async def _accept_no_more(server: asyncio.Server) -> None:
    """Let what was accepted become connections, and accept nothing else.

    A connection that the loop accepted and has no transport yet when its server is closed is lost: asyncio drops it
    open, and it is told of as a ResourceWarning whenever it happens to be collected.
    """
    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):  # Windows
        for listening in server.sockets:
            loop.remove_reader(listening.fileno())
    await asyncio.sleep(0)


async def _serve(server: ModelServer, print_url: bool) -> None:
    import signal

    async with server:
        urls = (server.openai_url, server.anthropic_url)
        names = ("", "") if print_url else ("OPENAI_BASE_URL=", "ANTHROPIC_BASE_URL=")
        sys.stdout.write("".join(f"{name}{url}\n" for name, url in zip(names, urls, strict=True)))
        sys.stdout.flush()
        stopped = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                asyncio.get_running_loop().add_signal_handler(number, stopped.set)
            except NotImplementedError:  # Windows: the default handler ends the process
                pass
        await stopped.wait()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the server until SIGINT or SIGTERM; 1 if a request fitted no turn of the script."""
    parser = argparse.ArgumentParser(prog="python -m codepilot.testing.model_server", description=__doc__)
    parser.add_argument("script", type=Path, help="turns, as JSON or YAML")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--print-url", action="store_true", help="print the two bare URLs, one a line")
    options = parser.parse_args(argv)
    try:
        server = ModelServer(Script.load(options.script), port=options.port)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    asyncio.run(_serve(server, options.print_url))
    for request in server.unmatched:
        sys.stderr.write(f"no turn fits: {request.user_text[:200]!r}\n")
    return 1 if server.unmatched else 0


if __name__ == "__main__":
    sys.exit(main())
