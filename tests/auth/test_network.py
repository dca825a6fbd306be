"""Whose network a request is of, through which proxies, and with what forged."""

from __future__ import annotations

import pytest

from auth.network import client_network
from config import networks

PROXIES = "10.0.0.5, 192.168.7.0/24, fd00::/8"


@pytest.mark.parametrize(
    ("peer", "forwarded", "network"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "", "203.0.113.7"),
        # What a visitor says of itself counts for nothing.
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("203.0.113.7", "127.0.0.1", "203.0.113.7"),
        ("203.0.113.7", "10.0.0.5", "203.0.113.7"),
        # A trusted proxy is believed, as far as it goes.
        ("10.0.0.5", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.5", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("10.0.0.5", "198.51.100.1, 203.0.113.7, 192.168.7.9", "203.0.113.7"),
        ("10.0.0.5", "10.0.0.5, 203.0.113.7", "203.0.113.7"),
        ("fd00::1", "[2001:db8:1:2::9]:4711", "2001:db8:1:2::/64"),
        ("10.0.0.5", "203.0.113.7:4711", "203.0.113.7"),
        ("10.0.0.5", "nonsense, 203.0.113.7", "203.0.113.7"),
        # So is one on this machine; uvicorn has put its word in the place of the peer.
        ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("10.0.0.5", "203.0.113.7, 10.0.0.5", "203.0.113.7"),
        # Nothing is known.
        ("127.0.0.1", "", None),
        ("::1", "", None),
        ("10.0.0.5", "", None),
        ("10.0.0.5", "unknown", None),
        ("10.0.0.5", ", ".join(["203.0.113.7"] * 9 + [""]), None),
        ("testclient", "", None),
        ("fe80::1%eth0", "", "fe80::/64"),
    ],
)
def test_the_network_of_a_client(peer: str, forwarded: str, network: str | None) -> None:
    assert client_network(peer, forwarded, networks(PROXIES)) == network


def test_nobody_is_trusted_who_is_not_named() -> None:
    assert client_network("10.0.0.5", "203.0.113.7", ()) == "10.0.0.5"
