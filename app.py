"""The ASGI app, for `streamlit run app.py`, `python app.py` and `uvicorn app:app`.

Puts routes, headers and the worker's life around the Streamlit script ui/main.py. Run as a script,
as AppTest does, it is that script.
"""

from __future__ import annotations

from pathlib import Path

from streamlit.runtime.scriptrunner import get_script_run_ctx

ROOT = Path(__file__).resolve().parent

if get_script_run_ctx(suppress_warning=True):
    from ui.main import main

    main()
else:
    import gc
    from collections.abc import AsyncIterator
    from contextlib import asynccontextmanager

    import streamlit as st
    from anyio import to_thread
    from dotenv import load_dotenv
    from starlette.middleware import Middleware
    from starlette.routing import BaseRoute

    from auth.routes import auth_routes
    from errors import KeepsakeError
    from ui.errors import keep_quotes_out_of_the_log, on_script_error
    from ui.front import FrontPage, look_routes
    from ui.health import health_routes
    from ui.memory_note import memory_routes
    from ui.resources import close, resources, serve
    from ui.security import SecurityHeaders

    load_dotenv(ROOT / ".env")

    ROUTES: list[BaseRoute] = [
        *auth_routes(lambda: resources().sessions),
        *health_routes(),
        *memory_routes(),
        *look_routes(),
    ]

    def start() -> None:
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
            yield
        finally:
            await to_thread.run_sync(close)

    app = st.App(
        ROOT / "ui" / "main.py",
        lifespan=lifespan,
        routes=ROUTES,
        middleware=[Middleware(SecurityHeaders), Middleware(FrontPage)],
        on_script_error=on_script_error,
    )
    if __name__ == "__main__":
        app.run()
