"""The settings that the app gets from the launcher, and which of them the person decides.

What the person set, in the environment or in `.env`, wins; only where the local Supabase and its
data are is the launcher's to say.
"""

from __future__ import annotations

from collections.abc import Mapping

from local.home import Home, Keys
from local.process.ports import LOOPBACK

_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


def for_app(
    person: Mapping[str, str],
    home: Home,
    keys: Keys,
    *,
    database_url: str,
    auth_port: int,
) -> dict[str, str]:
    """The settings of the app on the local stack, without those of its models."""
    return {
        "SUPABASE_URL": f"http://{LOOPBACK}:{auth_port}",
        "SUPABASE_KEY": keys.publishable_key,
        "DATABASE_URL": database_url,
        "LOCAL_MAILBOX": str(home.mailbox),
        **of_home(person, home),
    }


def of_home(person: Mapping[str, str], home: Home) -> dict[str, str]:
    """The settings that only say where the app may write, and that nothing is reported."""
    settings = {
        "KEEPSAKE_HOME": str(home.path),
        "MEM0_DIR": str(home.mem0),
        "MEM0_TELEMETRY": "False",
    }
    proxies = {n: v for n, v in person.items() if n.lower() in _PROXIES}
    # GNOME's word for a proxy that speaks SOCKS 5; the app's clients know only the other.
    for name, address in proxies.items():
        if address.lower().startswith("socks://"):
            settings[name] = "socks5" + address[len("socks") :]
    if proxies:
        known = person.get("NO_PROXY", person.get("no_proxy", ""))
        settings["NO_PROXY"] = ",".join(filter(None, (known, LOOPBACK, "localhost")))
        settings["no_proxy"] = settings["NO_PROXY"]
    return settings


def of_child(person: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """A whole environment: the person's, without libpq's own settings, then ours."""
    kept = {name: value for name, value in person.items() if not name.startswith("PG")}
    return {**kept, **settings}
