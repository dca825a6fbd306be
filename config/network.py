"""Where the app stands in the network: its own addresses, and the proxies before it."""

from __future__ import annotations

import os
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import urlsplit


def public_origins() -> frozenset[str]:
    """Scheme, host and port of PUBLIC_URL, if it is set; for routes, which answer always."""
    parts = urlsplit(os.environ.get("PUBLIC_URL", "").strip().lower())
    return frozenset({f"{parts.scheme}://{parts.netloc}"} if parts.netloc else ())


def trusted_proxies() -> list[IPv4Network | IPv6Network]:
    """What TRUSTED_PROXIES names; nothing while it is wrong, which Settings.from_env says."""
    try:
        return networks(os.environ.get("TRUSTED_PROXIES", ""))
    except ValueError:
        return []


def is_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def networks(setting: str) -> list[IPv4Network | IPv6Network]:
    """Addresses and networks, parted by commas. Raises ValueError."""
    return [ip_network(one.strip()) for one in setting.split(",") if one.strip()]
