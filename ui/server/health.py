"""/healthz: the process is up. /readyz: database, Auth and model answer too, or else 503."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable

import httpx
from anyio import move_on_after, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from auth.client import AuthClient
from config import VERSION, Settings
from errors import AuthError, ConfigError, KeepsakeError
from ui.resources import resources
from ui.troubles import troubles

TIMEOUT_S = 3.0
CACHE_S = 2.0
_NO_STORE = {"Cache-Control": "no-store"}


class Readiness:
    """What answers right now, asked at most once in two seconds however many want to know."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._asked_at = float("-inf")
        self._answers = {"database": False, "auth": False, "model": False}

    async def ask(self) -> dict[str, bool]:
        async with self._lock:
            if time.monotonic() - self._asked_at > CACHE_S:
                checks = (_database_answers, _auth_answers, _model_answers)
                found = await asyncio.gather(*(_in_time(check) for check in checks))
                self._answers = dict(zip(self._answers, found, strict=True))
                self._asked_at = time.monotonic()
            return self._answers


def health_routes() -> list[Route]:
    """GET /healthz and GET /readyz."""
    readiness = Readiness()

    async def healthz(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok", "version": VERSION}, headers=_NO_STORE)

    async def readyz(_: Request) -> JSONResponse:
        answers = await readiness.ask()
        status = 200 if all(answers.values()) else 503
        reasons = {"reasons": told} if (told := troubles.told()) else {}
        return JSONResponse({**answers, **reasons}, status, headers=_NO_STORE)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


async def _in_time(check: Callable[[], bool]) -> bool:
    with move_on_after(TIMEOUT_S):
        return await to_thread.run_sync(check, abandon_on_cancel=True)
    return False


def _database_answers() -> bool:
    try:
        resources().database.ping()
    except KeepsakeError:
        return False
    return True


def _auth_answers() -> bool:
    try:
        settings = Settings.from_env(os.environ)
        AuthClient(settings.supabase_url, settings.supabase_key).ping(TIMEOUT_S)
    except (AuthError, ConfigError):
        return False
    return True


def _model_answers() -> bool:
    try:
        settings = Settings.from_env(os.environ)
        headers = {"Authorization": f"Bearer {settings.openai_api_key}"}
        reply = httpx.get(f"{settings.openai_base_url}/models", headers=headers, timeout=TIMEOUT_S)
    except (httpx.HTTPError, httpx.InvalidURL, ConfigError):
        return False
    return reply.is_success
