"""The HTTP server: sockets, threads, and which part answers. Also the helper that tests start.

A lost answer is made here: the connection is shut without a byte, as when a line breaks.
"""

import logging
import socket
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from . import api, control, hosted
from .config import Config
from .faults import Faults
from .world import World

logger = logging.getLogger(__name__)

LISTEN = 256
POLL_SECONDS = 0.05


class PortBusy(OSError):
    """The address cannot be had; the message is one plain sentence."""


class _Handler(WSGIRequestHandler):
    timeout = 60

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Requests are not logged: thousands are normal."""

    def log_error(self, format: str, *args: Any) -> None:
        """A client that goes away is normal here."""


def application(world: World) -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
    """The WSGI application of one sandbox."""

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        try:
            return _answer(world, request)(environ, start_response)
        except api.LostConnection:
            _hang_up(environ)
            return Response("", 500)(environ, start_response)

    return serve


def _answer(world: World, request: Request) -> Response:
    path = request.path
    if path.startswith("/_sandbox/"):
        return control.answer(world, request)
    if path.startswith("/setup/"):
        return _setup(world, request)
    if path == "/":
        return Response("The Stripe sandbox is running.\n", content_type="text/plain")
    return api.answer(world, request)


def _setup(world: World, request: Request) -> Response:
    parts = request.path.strip("/").split("/")
    if request.method not in ("GET", "HEAD", "POST"):
        return Response("", 405)
    with world.store.transaction():
        moment = world.moment()
        if len(parts) == 4 and parts[1] == "s":
            # A look ahead by a mail program must not use the link up.
            if request.method == "HEAD":
                return Response("")
            response = hosted.open_link(moment, world.clock, parts[2], parts[3])
        elif len(parts) == 3 and parts[1] == "c":
            response = hosted.onboarding(moment, world.clock, parts[2], request)
        else:
            response = Response("Not found\n", 404, content_type="text/plain")
    world.wake()
    return response


def _hang_up(environ: dict[str, Any]) -> None:
    connection = environ.get("werkzeug.socket")
    if connection is None:
        return
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        logger.debug("The client had already gone")


class SandboxServer:
    """A sandbox with its own HTTP server in threads of this process.

    ``state`` is a file that outlives the server, or memory. Keyword arguments are those of
    ``Config``. Raises ``PortBusy``.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        state: Path | str = ":memory:",
        **settings: Any,
    ) -> None:
        self.config = Config(**settings)
        self._socket = _listen(host, port)
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None
        self.host, self.port = host, int(self._socket.getsockname()[1])
        self.url = f"http://{host}:{self.port}"
        self.config.public_url = (self.config.public_url or self.url).rstrip("/")
        self.world = World(self.config, state)

    @property
    def api_key(self) -> str:
        """The key that requests must carry."""
        return self.config.api_key

    @property
    def webhook_secret(self) -> str:
        """The secret that webhooks are signed with."""
        return self.config.webhook_secret

    @property
    def webhook_url(self) -> str | None:
        """Where events are sent; may be changed while running."""
        return self.config.webhook_url

    @webhook_url.setter
    def webhook_url(self, address: str | None) -> None:
        self.config.webhook_url = address
        self.world.wake()

    @property
    def faults(self) -> Faults:
        """``set``, ``clear``, ``show`` and ``struck``."""
        return self.world.faults

    def start(self) -> "SandboxServer":
        """Answer from now on."""
        self._server = make_server(
            self.host,
            self.port,
            application(self.world),
            threaded=True,
            request_handler=_Handler,
            fd=self._socket.fileno(),
        )
        self._server.log_startup = lambda: None  # type: ignore[method-assign]
        self.world.start()
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL_SECONDS,), daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Take no more requests, stop the threads, close the state."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join(5)
            self._server.server_close()
        self._socket.close()
        self.world.stop()

    def __enter__(self) -> "SandboxServer":
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(LISTEN)
    except OSError as error:
        listener.close()
        raise PortBusy(f"Port {port} on {host} cannot be used: {error.strerror}.") from error
    return listener
