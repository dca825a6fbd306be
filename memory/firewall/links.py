"""Links and images that carry data out, and the wish to send it. A plain link to a page is none.

Punycode always waits: nobody types it, and what it shows may look like another name.
"""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import urlsplit

from memory.firewall.vocabulary import entries
from memory.firewall.wording import any_of

_WEB = re.compile(r"(?:https?|ftp|wss?)://[^\s\"]{1,2000}", re.IGNORECASE)
_ACTIVE = re.compile(
    r"!\[[^\]\n]{0,200}\]\s?[(\[]|<(?:img|iframe|script|svg|link|object|embed|video|form|meta)\b"
    r"|\bdata:[a-z]{1,20}/[\w.+-]{1,40}[;,]|\b(?:java|vb)script\s?:",
    re.IGNORECASE,
)
_COLLECTORS = re.compile(
    r"webhook|hooks\.|requestbin|pipedream|ngrok|burpcollaborator|interact\.sh|oast\.|beeceptor"
    r"|hookbin|canarytokens|api\.telegram\.org/bot|maker\.ifttt\.com|script\.google\.com/macros",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"[{}<>\[\]]|\$\(|%7b|%3c", re.IGNORECASE)
_CARRIES = re.compile(
    r"(?:^|&)(?:memory|memories|secret|prompt|history|conversation|chat|leak|exfil|payload"
    r"|userdata|stolen)=|=$|=[^&]{40,}",
    re.IGNORECASE,
)
_PIXEL = re.compile(r"\.(?:gif|png|jpe?g|webp|svg)$|/(?:pixel|beacon)\b", re.IGNORECASE)
_ADDRESS = r"(?:https?://|www\.|[\w.+-]{1,40}@[\w-]{1,40}\.)"


@cache
def _sent_out() -> re.Pattern[str]:
    send, data = any_of(entries("link", "send")), any_of(entries("link", "data"))
    told = rf"(?:\b{send}\b[^\n]{{0,80}}?\b{data}\b|(?:^|[.!?:]\s){send}\b)"
    return re.compile(rf"{told}[^\n]{{0,80}}?{_ADDRESS}")


def carries_data_out(text: str, lowered: str) -> bool:
    """Whether the visible text holds a link or image that can take data with it.

    `lowered` is the same text folded.
    """
    return (
        _ACTIVE.search(text) is not None
        or any(_is_carrier(match.group()) for match in _WEB.finditer(text))
        or _sent_out().search(lowered) is not None
    )


def _is_carrier(link: str) -> bool:
    link = link.rstrip(".,;:!?)'")
    try:
        parts = urlsplit(link)
        host = parts.hostname or ""
    except ValueError:
        return True
    return (
        "@" in parts.netloc
        or "xn--" in host
        or _mixes_scripts(host)
        or _COLLECTORS.search(link) is not None
        or _PLACEHOLDER.search(link) is not None
        or _CARRIES.search(parts.query) is not None
        or len(parts.query) > 120
        or (bool(parts.query) and _PIXEL.search(parts.path) is not None)
        or any(len(segment) >= 80 and "-" not in segment for segment in parts.path.split("/"))
    )


def _mixes_scripts(host: str) -> bool:
    """Whether one part of a host has Cyrillic or Greek letters among Latin ones."""
    return any(
        re.search(r"[a-z]", label) and re.search(r"[\u0370-\u03ff\u0400-\u04ff]", label)
        for label in host.split(".")
    )
