"""Asks a server of the stack whether it answers, without any proxy."""

from __future__ import annotations

from http.client import HTTPConnection, HTTPException

from local.process.ports import LOOPBACK


def answers(port: int, path: str, headers: dict[str, str] | None = None) -> bool:
    """Whether this server says 200."""
    return status(port, path, headers)[0] == 200


def status(port: int, path: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """The status and the start of the body; (0, "") when nobody answers."""
    connection = HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.read(2000).decode(errors="replace")
    except (OSError, HTTPException):
        return 0, ""
    finally:
        connection.close()
