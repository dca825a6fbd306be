"""Secrets: made, hashed for look-up, and used to encrypt what only their holder may read."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from typing import TypeGuard

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from errors import SessionExpired

_NONCE_BYTES = 12
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def new_secret() -> str:
    """256 random bits, fit for a cookie."""
    return secrets.token_urlsafe(32)


def is_secret(value: object) -> TypeGuard[str]:
    """Whether it looks like one of these; anything may come in a cookie."""
    return isinstance(value, str) and bool(_SECRET.fullmatch(value))


def hashed(secret: str) -> bytes:
    """32 bytes to find it by. A plain hash is enough: a secret of 256 bits cannot be guessed."""
    return hashlib.sha256(secret.encode()).digest()


def seal(secret: str, plain: bytes, *, purpose: str) -> bytes:
    """Encrypt under a key that only the secret gives; `purpose` binds it to its row and use."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(_key(secret, purpose)).encrypt(nonce, plain, purpose.encode())


def unseal(secret: str, sealed: bytes, *, purpose: str) -> bytes:
    """Raises SessionExpired if it was not sealed with this secret for this purpose."""
    nonce, body = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        return AESGCM(_key(secret, purpose)).decrypt(nonce, body, purpose.encode())
    except (InvalidTag, ValueError) as exc:
        raise SessionExpired from exc


def _key(secret: str, purpose: str) -> bytes:
    info = f"keepsake {purpose}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret.encode())
