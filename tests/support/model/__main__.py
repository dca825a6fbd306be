"""Serves the test model until SIGTERM or SIGINT, on loopback; 0 takes a free port."""

from __future__ import annotations

import argparse
import socket
import threading

import uvicorn

from local.model.embedding_weights import weights_dir
from tests.support.model.server import ModelServer


def main() -> None:
    """Print where it listens, and serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.model", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--delay-ms", type=float, default=12.0, help="between streamed words")
    options = parser.parse_args()
    listening = socket.create_server(("127.0.0.1", options.port), backlog=128)
    server = ModelServer(weights_dir(), delay_s=options.delay_ms / 1000)
    # No test waits for the weights.
    threading.Thread(target=server.load, daemon=True).start()
    config = uvicorn.Config(
        server.app(), log_level="critical", access_log=False, timeout_graceful_shutdown=1
    )
    print(f"Test model: http://127.0.0.1:{listening.getsockname()[1]}/v1", flush=True)  # noqa: T201
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
