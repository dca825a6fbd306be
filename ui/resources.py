"""What all visitors share, built once per process: settings, database, Auth, memory, worker.

Holds nobody's data. While something is missing or down, asking raises the KeepsakeError that says
what, and building is tried again at later runs, so the app recovers by itself.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from account.recovery_codes import RecoveryCodes
from auth.client import AuthClient
from auth.consent import Consents
from auth.known_addresses import SignUps
from auth.limits import Limits
from auth.notices.mailer import Mailer
from auth.notices.notices import Notices
from auth.oauth_tokens import OAuthTokens, issuer_of
from auth.passkeys.passkeys import Passkeys
from auth.project.settings import ProjectSettings
from auth.providers import Providers
from auth.second_factor import SecondFactors
from auth.sessions import Sessions
from config import Settings
from database.transactions import Database
from errors import KeepsakeError
from mcp_server.oauth import OAuth
from ui.troubles import troubles

if TYPE_CHECKING:
    from chat.chat import Chat
    from chat.memory_worker import Worker
    from chat.processes.settled_turns import SettledTurns
    from compare.compare import Comparisons
    from memory.engine import Engine
    from models.model_catalog import ModelCatalog

_log = logging.getLogger(__name__)

RETRY_S = 2.0


@dataclass(frozen=True, slots=True)
class Resources:
    """Everything that pages and routes work with."""

    settings: Settings
    database: Database
    auth: AuthClient
    sessions: Sessions
    limits: Limits
    sign_ups: SignUps
    second_factors: SecondFactors
    passkeys: Passkeys
    providers: Providers
    recovery_codes: RecoveryCodes
    oauth: OAuth | None
    consents: Consents
    notices: Notices
    engine: Engine
    chat: Chat
    model_catalog: ModelCatalog
    comparisons: Comparisons
    worker: Worker
    settled_turns: SettledTurns

    def start_working(self) -> None:
        """What goes on beside the visitors; `stop_working` ends it."""
        self.settled_turns.start()
        if self.settings.remember_in_app:
            self.worker.start()

    def stop_working(self, timeout_s: float) -> None:
        self.settled_turns.stop()
        self.worker.stop(timeout_s)


class _Holder:
    """The one set of resources of this process, or why there is none yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._built: Resources | None = None
        self._failure: KeepsakeError | None = None
        self._retry_at = 0.0
        self._serving = False

    def get(self) -> Resources:
        built = self._built
        if built is None:
            with self._lock:
                built = self._built or self._try_to_build()
        if built is None:
            raise self._failure or KeepsakeError()
        return built

    def serve(self) -> None:
        with self._lock:
            self._serving = True
            if self._built is not None:
                self._built.start_working()

    def close(self, timeout_s: float) -> None:
        with self._lock:
            built, self._built, self._failure = self._built, None, None
            self._retry_at, serving, self._serving = 0.0, self._serving, False
        if built is not None:
            # First the answers, so that what was said so far is saved.
            built.chat.close(timeout_s / 2)
            built.comparisons.close()
            if serving:
                built.stop_working(timeout_s)
            built.engine.close()

    def _try_to_build(self) -> Resources | None:
        if time.monotonic() < self._retry_at:
            return None
        try:
            built = _build(Settings.from_env(os.environ))
        except KeepsakeError as exc:
            self._failure = exc
            reason = getattr(exc.__cause__, "orig", exc.__cause__)
            _log.warning("cannot work yet: %s (%s)", exc.user_message, reason)
            self._retry_at = time.monotonic() + RETRY_S
            return None
        if self._serving:
            built.start_working()
        built.chat.warm_up()
        self._built, self._failure = built, None
        return built


_holder = _Holder()


def resources() -> Resources:
    """Build them if need be. Raises ConfigError, DatabaseError, MemoryFailed."""
    return _holder.get()


def serve() -> None:
    """From now on the worker belongs to them: started with them, also if they come up later."""
    _holder.serve()


def close(timeout_s: float = 8.0) -> None:
    """Stop the worker and give back all connections; asking again builds anew."""
    _holder.close(timeout_s)


def _build(settings: Settings) -> Resources:
    # Imported here: mem0, below the engine, takes more than a second.
    from chat.chat import Chat
    from chat.memory_worker import Worker
    from chat.processes.settled_turns import SettledTurns
    from compare.compare import Comparisons
    from isolation.temporary_accounts import sweep
    from memory.engine import Engine
    from models.model_catalog import ModelCatalog

    engine = Engine.from_settings(settings)
    worker = Worker(engine=engine, busy=lambda: chat.is_busy(), sweep=sweep)
    chat = Chat(settings=settings, engine=engine, saved=worker.wake)
    auth = AuthClient(settings.supabase_url, settings.supabase_key)
    project = ProjectSettings(auth)
    return Resources(
        settings=settings,
        database=engine.database,
        auth=auth,
        sessions=Sessions(engine.database, auth, days=settings.session_days),
        limits=Limits(engine.database),
        sign_ups=SignUps(auth, lambda sentence: troubles.note("auth", sentence)),
        second_factors=SecondFactors(settings.supabase_url, settings.supabase_key, engine.database),
        passkeys=Passkeys(settings.supabase_url, settings.supabase_key, project),
        providers=Providers(settings.supabase_url, auth, project, engine.database),
        recovery_codes=RecoveryCodes(engine.database),
        oauth=_oauth(settings, auth),
        consents=Consents(settings.supabase_url, settings.supabase_key, auth),
        notices=Notices(engine.database, _mailer(settings), settings.public_url),
        engine=engine,
        chat=chat,
        model_catalog=ModelCatalog(engine.models, settings.chat_model),
        comparisons=Comparisons(settings=settings, engine=engine),
        worker=worker,
        settled_turns=SettledTurns(engine.database, worker.turn_events),
    )


def _oauth(settings: Settings, auth: AuthClient) -> OAuth | None:
    """Which programs are let in at /mcp that the project's OAuth server knows; None: none."""
    if settings.mcp_oauth == "off":
        return None
    tokens = OAuthTokens(auth, settings)
    return OAuth(issuer_of(settings), tokens.user_of, may_write=settings.mcp_oauth == "write")


def _mailer(settings: Settings) -> Mailer | None:
    """None where Keepsake sends no mail of its own."""
    if not settings.smtp_url:
        return None
    return Mailer(
        settings.smtp_url, settings.mail_from, lambda sentence: troubles.note("mail", sentence)
    )
