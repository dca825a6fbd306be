"""Reads typed values from the environment, and collects what is wrong with them.

Raises ConfigError, one sentence for each setting that is wrong.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from config.connection_string import for_driver
from config.network import networks
from errors import ConfigError

Word = TypeVar("Word", bound=str)

SHORTEST_TOKEN = 16
MOST_KINDS = 20
KIND_MAX_CHARS = 100
# Those that httpx and httpx2 connect through.
_PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")


class Reader:
    """One environment; one start names all that is wrong in it."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._wrong: list[str] = []
        # Said once of each: what holds odd characters is not missing as well.
        self._odd: set[str] = set()

    def raise_if_wrong(self) -> None:
        if self._wrong:
            raise ConfigError(" ".join(self._wrong))

    def text(self, name: str) -> str:
        value = self._environ.get(name, "").strip()
        if name.endswith("_KEY") and not value.isascii():
            if name not in self._odd:
                self._wrong.append(
                    f"{name} holds characters that no key has, such as typographic quotes."
                )
            self._odd.add(name)
            return ""
        return value

    def required(self, name: str, meaning: str, *, instead: str = "") -> str:
        value = self.text(name) or instead
        if not value and name not in self._odd:
            self._wrong.append(f"{name} is missing: {meaning}.")
        return value

    def http_url(self, name: str, default: str | None) -> str:
        value = self.text(name) or default
        if value is None:
            self._wrong.append(f"{name} is missing: an address such as https://xyz.supabase.co.")
            return ""
        if value and (
            not _is_address(value, ("http", "https")) or re.search(r"[\s\x00-\x1f]", value)
        ):
            self._wrong.append(f"{name} is not an http(s) address.")
        return value.rstrip("/")

    def smtp_url(self, name: str) -> str:
        value = self.text(name)
        if value and not _is_address(value, ("smtp", "smtps")):
            self._wrong.append(f"{name} is not an address such as smtps://user:password@host:465.")
        return value

    def networks(self, name: str) -> str:
        value = self.text(name)
        try:
            networks(value)
        except ValueError:
            self._wrong.append(
                f"{name} must be addresses or networks, parted by commas, such as"
                " 10.0.0.5,192.168.0.0/24."
            )
        return value

    def sender(self, name: str, smtp_url: str) -> str:
        value = self.text(name)
        if (smtp_url or value) and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", value):
            self._wrong.append(f"{name} must be the email address that mail comes from.")
        return value

    def publishable_key(self, name: str) -> str:
        value = self.required(name, "the project's publishable (anon) key")
        if value.startswith("sb_secret_") or _jwt_role(value) == "service_role":
            self._wrong.append(f"{name} is a secret key; use the publishable (anon) key.")
        return value

    def postgres_url(self, name: str) -> str:
        value = self.required(name, "the connection string of the project's database")
        if not value:
            return ""
        url, mistake = for_driver(value)
        if mistake:
            self._wrong.append(f"{name} {mistake}.")
        return url

    def check_proxies(self) -> None:
        """Any other proxy would end the program where the first client is made."""
        for name, value in self._environ.items():
            if name.lower() in ("http_proxy", "https_proxy", "all_proxy") and value.strip():
                # Without a scheme httpx takes it for http.
                scheme = value.strip().partition("://")[0] if "://" in value else "http"
                if scheme.lower() not in _PROXY_SCHEMES:
                    self._wrong.append(
                        f"{name} names a proxy of the kind {scheme}://; it must be http://,"
                        " https:// or socks5://."
                    )

    def check_certificates(self) -> None:
        for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
            value = self._environ.get(name, "")
            if value and not Path(value).exists():
                self._wrong.append(f"{name} names {value}, which is not there.")

    def switch(self, name: str, default: bool) -> bool:
        return self.one_of(name, "on", "off", default="on" if default else "off") == "on"

    def json_object(self, name: str) -> dict[str, Any]:
        text = self.text(name)
        if not text:
            return {}
        try:
            value = json.loads(text)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            self._wrong.append(f'{name} must be a JSON object, such as {{"top_k": 20}}.')
            return {}
        return value

    def words(self, name: str, most: int) -> str:
        text = self.text(name)
        if len(text) > most:
            self._wrong.append(f"{name} has more than {most} characters.")
        return text

    def listed(self, name: str) -> tuple[str, ...]:
        """Parts between semicolons; a part may hold commas."""
        parts = tuple(part.strip() for part in self.text(name).split(";") if part.strip())
        if len(parts) > MOST_KINDS or any(len(part) > KIND_MAX_CHARS for part in parts):
            self._wrong.append(
                f"{name} may name {MOST_KINDS} kinds at most, each in {KIND_MAX_CHARS} characters."
            )
        return parts

    def imported(self, name: str) -> str:
        text = self.text(name)
        if text and not re.fullmatch(r"[\w.]+:\w+", text):
            self._wrong.append(f"{name} must be module:name, such as my_hooks:HOOKS.")
        return text

    def token(self, name: str) -> str:
        """A secret that others have to show: empty, or long enough not to be guessed."""
        text = self.text(name)
        if text and (len(text) < SHORTEST_TOKEN or not text.isascii()):
            self._wrong.append(
                f"{name} must have at least {SHORTEST_TOKEN} characters, all of them of ASCII."
            )
        return text

    def metrics_port(self, name: str) -> int:
        port = self.integer(name, 0, 0, 65_535)
        if port and not self.text("METRICS_TOKEN"):
            self._wrong.append(f"{name} needs METRICS_TOKEN: without one nobody could read there.")
        return port

    def one_of(self, name: str, *words: Word, default: Word) -> Word:
        """A word of these, in whichever case."""
        text = self.text(name).lower() or default
        for word in words:
            if text == word:
                return word
        *most, last = words
        self._wrong.append(f"{name} must be {', '.join(most)} or {last}.")
        return default

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        value = self.number(name, default, low, high)
        if value != int(value):
            self._wrong.append(f"{name} must be a whole number.")
        return int(value)

    def number(self, name: str, default: float, low: float, high: float) -> float:
        value = self.optional_number(name, low, high)
        return default if value is None else value

    def optional_number(self, name: str, low: float, high: float) -> float | None:
        text = self.text(name)
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            self._wrong.append(
                f"{name} must be a number from {low:.15g} to {high:.15g}, not {text!r}."
            )
            return None
        return value


def _is_address(value: str, schemes: tuple[str, ...]) -> bool:
    """With a host, and a port that there can be, where one is named."""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.hostname)


def _jwt_role(key: str) -> str | None:
    """The role in a key of the older JWT form, None for other forms."""
    try:
        payload = key.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return None
    return claims.get("role") if isinstance(claims, dict) else None
