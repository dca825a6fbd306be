"""/metrics: what this process counts, for Prometheus; there only with METRICS_TOKEN."""

from __future__ import annotations

import os

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.processes.measured import gauges, status_for
from metrics import CONTENT_TYPE, rendered
from ui.resources import resources


def metrics_routes() -> list[Route]:
    """GET /metrics, with `Authorization: Bearer METRICS_TOKEN`."""
    return [Route("/metrics", _metrics, methods=["GET"])]


async def _metrics(request: Request) -> Response:
    token = os.environ.get("METRICS_TOKEN", "").strip()
    status = status_for(request.headers.get("authorization", ""), token)
    if status != 200:
        headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
        return Response(status_code=status, headers=headers)
    page = rendered(await run_in_threadpool(lambda: gauges(lambda: resources().database)))
    return Response(page, media_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})
