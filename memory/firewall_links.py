"""Links and images that carry data out, and the wish to send it. A plain link to a page is none.

Punycode always waits: nobody types it, and what it shows may look like another name.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

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
_SEND = (
    r"send|email|mail|forward|transmit|post|append|attach|upload|submit|leak|copy|include|add|sende|senden"
    r"|schick|schicke|schicken|ubermittle|leite|poste|hange|fuge|lade|envoie|envoyez|envoyer"
    r"|transmets|transmettez|ajoute|ajoutez|publie|envia|envie|enviar|reenvia|adjunta|manda|publica"
    r"|agrega|anade|sube|invia|inoltra|trasmetti|aggiungi|allega|carica|pubblica|mande|encaminhe"
    r"|anexe|adicione|transmita|publique"
)
_THEIRS = (
    r"memor\w{0,6}|history|conversations?|chats?|everything|data|notes|answers?|replies|messages?"
    r"|details|secrets?|information|erinnerungen|verlauf|daten|alles|antwort\w{0,3}|gesprach\w{0,2}"
    r"|nachrichten|souvenirs|historique|donnees|messages|recuerdos|historial|datos|mensajes|ricordi"
    r"|cronologia|dati|messaggi|historico|lembrancas|dados|mensagens|conversa\w{0,6}|tout|todo|tudo"
)
_SENT_OUT = re.compile(
    rf"(?:\b(?:{_SEND})\b[^\n]{{0,80}}?\b(?:{_THEIRS})\b|(?:^|[.!?:]\s)(?:{_SEND})\b)[^\n]{{0,80}}?"
    r"(?:https?://|www\.|[\w.+-]{1,40}@[\w-]{1,40}\.)"
)


def carries_data_out(text: str, lowered: str) -> bool:
    """Whether the visible text holds a link or image that can take data with it.

    `lowered` is the same text folded.
    """
    return (
        _ACTIVE.search(text) is not None
        or any(_is_carrier(match.group()) for match in _WEB.finditer(text))
        or _SENT_OUT.search(lowered) is not None
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
