"""/metrics of a worker's own process, on METRICS_PORT; there only with METRICS_TOKEN.

Answers this machine alone unless METRICS_HOST says otherwise. Raises ConfigError where the port is
taken.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from chat.processes.measured import gauges, status_for
from config import Settings
from database.transactions import Database
from errors import ConfigError
from metrics import CONTENT_TYPE, rendered

# Of somebody who connects and says nothing.
SILENT_S = 10.0
LOOK_S = 0.1


@contextmanager
def metrics_server(settings: Settings, database: Database) -> Iterator[int | None]:
    """Serve as long as the block goes on; the port, None where METRICS_PORT is not set."""
    if not settings.metrics_port:
        yield None
        return
    where = (settings.metrics_host, settings.metrics_port)
    try:
        server = _Server(where, _handler(settings.metrics_token, database))
    except OSError as exc:
        raise ConfigError(
            f"METRICS_PORT {settings.metrics_port} cannot be opened at {settings.metrics_host}: "
            "each worker on a machine needs one of its own."
        ) from exc
    thread = threading.Thread(
        target=server.serve_forever, args=(LOOK_S,), name="metrics", daemon=True
    )
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A second worker on the same port would take every other request for itself.
    allow_reuse_port = False


def _handler(token: str, database: Database) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = SILENT_S

        def do_GET(self) -> None:
            status, page = 404, ""
            if self.path.partition("?")[0] == "/metrics":
                status = status_for(self.headers.get("Authorization", ""), token)
            if status == 200:
                page = rendered(gauges(lambda: database))
            body = page.encode()
            self.send_response(status)
            if status == 401:
                self.send_header("WWW-Authenticate", "Bearer")
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def version_string(self) -> str:
            """Nothing of the versions here."""
            return "Keepsake"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """A line for each look would say nothing."""

    return Handler
