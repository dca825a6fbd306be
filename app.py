"""The ASGI app, for `streamlit run app.py`, `python app.py` and `uvicorn app:app`.

Puts routes, headers and the worker's life around the Streamlit script ui/entry/main.py. Run as a
script, as AppTest does, it is that script.
"""

from __future__ import annotations

from pathlib import Path

from streamlit.runtime.scriptrunner import get_script_run_ctx

ROOT = Path(__file__).resolve().parent

if get_script_run_ctx(suppress_warning=True):
    from ui.entry.main import main

    main()
else:
    import gc
    import os
    from collections.abc import AsyncIterator
    from contextlib import asynccontextmanager

    import streamlit as st
    from anyio import to_thread
    from dotenv import load_dotenv
    from starlette.middleware import Middleware
    from starlette.routing import BaseRoute

    import logs
    from auth.provider_routes import provider_routes
    from auth.routes import auth_routes
    from config import public_origins, trusted_proxies
    from errors import KeepsakeError
    from mcp_server.endpoint import McpEndpoint
    from ui.chat.answer_ending import answer_routes
    from ui.chat.memory_note import memory_routes
    from ui.resources import close, resources, serve
    from ui.server.client_network import ClientNetwork
    from ui.server.headers import SecurityHeaders
    from ui.server.health import health_routes
    from ui.server.index_page import FrontPage, look_routes
    from ui.server.measured import metrics_routes
    from ui.shell.conversation_search import search_routes
    from ui.shell.conversation_titles import title_routes
    from ui.shell.errors import keep_quotes_out_of_the_log, on_script_error

    load_dotenv(ROOT / ".env")

    MCP = McpEndpoint(lambda: resources().engine, public_origins, lambda: resources().oauth)
    ROUTES: list[BaseRoute] = [
        *auth_routes(lambda: resources().sessions, public_origins),
        *provider_routes(
            lambda: resources().providers, public_origins, limits=lambda: resources().limits
        ),
        *health_routes(),
        *metrics_routes(),
        *memory_routes(),
        *answer_routes(),
        *title_routes(),
        *search_routes(),
        *look_routes(),
        *MCP.routes(),
    ]

    def start() -> None:
        logs.set_up(os.environ.get("LOG_FORMAT", "").strip().lower())
        keep_quotes_out_of_the_log()
        serve()
        try:
            resources()
        except KeepsakeError as exc:
            print(exc.user_message, flush=True)  # noqa: T201 - for whoever has just started it
        # What is loaded now stays; later collections need not look at it again.
        gc.collect()
        gc.freeze()

    @asynccontextmanager
    async def lifespan(_: st.App) -> AsyncIterator[None]:
        await to_thread.run_sync(start)
        try:
            async with MCP.running():
                yield
        finally:
            await to_thread.run_sync(close)

    app = st.App(
        ROOT / "ui" / "entry" / "main.py",
        lifespan=lifespan,
        routes=ROUTES,
        middleware=[
            Middleware(ClientNetwork, trusted=trusted_proxies),
            Middleware(SecurityHeaders, public_origins=public_origins),
            Middleware(FrontPage),
        ],
        on_script_error=on_script_error,
    )
    if __name__ == "__main__":
        app.run()
