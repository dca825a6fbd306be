"""What runs together: the models, Postgres, the Auth server, the app; in which order."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from local import environment, person
from local.home import Home, StackError, tail
from local.model.choice import Models
from local.postgres.server import LOGIN_ROLE, SUPERUSER, Postgres
from local.process import ports, probe
from local.process.supervisor import Child, Supervisor
from local.supabase import auth_server
from local.words import say

ROOT = Path(__file__).resolve().parents[1]
_START_S = 60.0
# A model or a database elsewhere may be out of reach: the app itself says so better.
_APP_READY_S = 10.0


class Stack:
    """One home's programs under one supervisor."""

    def __init__(self, home: Home, supervisor: Supervisor, *, port: int, confirm: bool) -> None:
        self._home = home
        self._supervisor = supervisor
        self._port = port
        self._person = person.of_person(ROOT / ".env")
        self._ports = {port}
        self._models = Models(home, supervisor, self._person, self._ports)
        self._postgres: Postgres | None = None
        self._has_left_settings = False
        self._confirm = confirm or self._person.get("AUTH_CONFIRM") == "1"

    def start(self, *, with_app: bool) -> None:
        """Start everything and say when it is ready. Raises StackError or Stopped."""
        self._home.trim_logs()
        if with_app:
            self._check_port()
        self._models.start()
        if with_app and "SUPABASE_URL" in self._person:
            settings = environment.of_home(self._person, self._home) | self._models.settings()
            self._leave(settings)
            self._start_app(settings)
            return
        postgres = self._postgres = Postgres(self._home)
        settings = self._start_services(postgres)
        self._migrate(settings)
        settings |= self._models.settings()
        self._leave(settings)
        if with_app:
            say(f"Mail of the local Auth server: {self._home.mailbox}")
            self._start_app(settings)
        else:
            shown = {**settings, "STACK_SUPERUSER_URL": postgres.url(SUPERUSER)}
            for name, value in shown.items():
                say(f"{name}={value}")
            say("Ready")

    def close(self) -> None:
        """Tidy up after everything has stopped."""
        if self._has_left_settings:  # not where another launcher has this home
            self._home.environment.unlink(missing_ok=True)
        if self._postgres is not None:
            self._postgres.close()

    def _leave(self, settings: dict[str, str]) -> None:
        self._home.leave_settings(settings)
        self._has_left_settings = True

    def _start_services(self, postgres: Postgres) -> dict[str, str]:
        if "DATABASE_URL" in self._person and "SUPABASE_URL" not in self._person:
            say("DATABASE_URL without SUPABASE_URL: using the local database.")
        auth_port = ports.free(self._ports)
        postgres.prepare()
        self._home.mailbox.touch(mode=0o600)
        auth = auth_server.child(
            self._home,
            postgres,
            port=auth_port,
            site_url=f"http://{ports.LOOPBACK}:{self._port}",
            jwt_expiry_s=self._jwt_expiry_s(),
            confirm=self._confirm,
        )
        services = (postgres.child(), auth)
        for service in services:
            self._supervisor.start(service)
        self._supervisor.wait_ready(*services, timeout_s=_START_S)
        return environment.for_app(
            self._person,
            self._home,
            self._home.keys(),
            database_url=postgres.url(LOGIN_ROLE),
            auth_port=auth_port,
        )

    def _migrate(self, settings: dict[str, str]) -> None:
        log = self._home.log("migrations")
        code = self._supervisor.run(
            [sys.executable, "-m", "memory.migrations"],
            log,
            environment.of_child(self._person, settings),
            ROOT,
        )
        if code != 0:
            raise StackError(f"The migrations failed. {log} ends so:\n{tail(log)}")

    def _start_app(self, settings: dict[str, str]) -> None:
        app = Child(
            name="The app",
            command=[
                *(sys.executable, "-m", "streamlit", "run", "app.py"),
                *("--server.port", str(self._port), "--server.address", ports.LOOPBACK),
                *("--server.headless", "true"),
            ],
            log=self._home.log("app"),
            ready=lambda: probe.answers(self._port, "/healthz"),
            environment=environment.of_child(self._person, settings),
            cwd=ROOT,
            stop_after_s=4.0,
        )
        self._supervisor.start(app)
        self._supervisor.wait_ready(app, timeout_s=_START_S)
        self._say_what_does_not_answer(without="model" if "MODEL_MISSING" in settings else "")
        say(f"Ready: http://{ports.LOOPBACK}:{self._port}")

    def _say_what_does_not_answer(self, *, without: str) -> None:
        """Ask for a while; what the app is known to be without is not waited for."""
        started = time.monotonic()
        body, wait_s = "", 0.05
        while time.monotonic() < started + _APP_READY_S:
            code, body = probe.status(self._port, "/readyz")
            if code == 200 or (without and _all_but_one(body, without)):
                return
            self._supervisor.pause(wait_s)
            wait_s = min(2 * wait_s, 1.0)  # each question may reach servers elsewhere
        say(f"The app runs, but not all that it needs answers: {body}")

    def _check_port(self) -> None:
        if not ports.is_free(self._port):
            raise StackError(
                f"Port {self._port} is taken by another program: choose one with PORT, "
                f"as in `make run PORT={self._port + 1}`."
            )

    def _jwt_expiry_s(self) -> int:
        text = self._person.get("JWT_EXPIRY", "3600")
        if not text.isdecimal() or int(text) == 0:
            raise StackError(f"JWT_EXPIRY is a number of seconds, not {text!r}.")
        return int(text)


def _all_but_one(body: str, without: str) -> bool:
    try:
        answers = json.loads(body)
    except ValueError:
        return False
    return all(answers[name] for name in answers if name != without)
