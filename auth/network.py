"""From which network a request comes: whoever connects, or what trusted proxies say of it.

X-Forwarded-For is read from its end, as proxies add to it, and no further than the first address
that is no trusted proxy: what a visitor wrote before that is never looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
# Programs are told the network by this header; one that was sent is thrown away.
HEADER = "x-keepsake-network"
# What a provider of lines gives to one customer.
_IPV6_BITS = 64
_ENTRIES_MAX = 50


def client_network(peer: str, forwarded: str, trusted: Sequence[Network]) -> str | None:
    """The client's address, or its network of 64 bits where it is IPv6; None if it is not known.

    `peer` is who connects, `forwarded` all X-Forwarded-For headers, joined by commas. What comes
    from this machine itself has no network: uvicorn has put the address that a proxy on it names
    in the place of `peer` already.
    """
    chain = [*forwarded.split(",")[-_ENTRIES_MAX:], peer] if forwarded else [peer]
    for entry in reversed(chain):
        address = _address(entry)
        if address is None:
            return None
        if address.is_loopback or any(address in network for network in trusted):
            continue
        return _network_of(address)
    return None


def is_trusted(peer: str, trusted: Sequence[Network]) -> bool:
    """Whether this is a proxy that is named."""
    address = _address(peer)
    return address is not None and any(address in network for network in trusted)


def _address(entry: str) -> IPv4Address | IPv6Address | None:
    """With or without a port; IPv4 in the form of IPv6 is IPv4."""
    text = entry.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _network_of(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(ip_network((address, _IPV6_BITS), strict=False))
