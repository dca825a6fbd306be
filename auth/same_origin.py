"""Whether a request comes from a page of this app: by what the browser says, which no page can
change, and by the address that was asked for.

Knows no framework: headers are a mapping with names in small letters.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}
Address = tuple[str, int | None]


def is_same_origin(headers: Mapping[str, str], public: frozenset[str] = frozenset()) -> bool | None:
    """None where the request says nothing about it, as those of programs do.

    `public` are origins under which people reach the app, for proxies that change the Host header.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    if origin is None:
        return None
    return origin.lower() in public or address_of(origin) in _asked_for(headers, origin)


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL, in small letters; empty if it has none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.scheme and parts.netloc else ""


def address_of(origin: str) -> Address | None:
    """Host and port, the scheme's own port where none is named. Another port is another server, and
    cookies, which know no ports, would be sent to both.
    """
    try:
        parts = urlsplit(origin)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    return (host, port or _PORTS.get(parts.scheme)) if host else None


def _asked_for(headers: Mapping[str, str], origin: str) -> set[Address]:
    """The addresses that the request may have been sent to: as it came here, as a proxy got it."""
    scheme = urlsplit(origin).scheme
    first = headers.get("x-forwarded-host", "").split(",")[0].strip()
    hosts = [headers.get("host", ""), first]
    port = headers.get("x-forwarded-port", "").split(",")[0].strip()
    if port.isdecimal():
        hosts += [f"{host}:{port}" for host in hosts if host and not host.rpartition(":")[1]]
    found = {address_of(f"{scheme}://{host}") for host in hosts if host}
    return {address for address in found if address is not None}
