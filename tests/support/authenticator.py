"""A passkey in software: what a browser and its authenticator answer to WebAuthn's options.

ES256, no attestation. With it the little of CBOR that both sides need.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

# User present, user verified; and: a key comes along.
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def coded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def decoded(value: str) -> bytes:
    if "=" in value:
        raise ValueError("illegal base64 data")
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


def to_cbor(value: Any) -> bytes:
    """Of whole numbers, bytes, texts and mappings."""
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    pairs = b"".join(to_cbor(key) + to_cbor(one) for key, one in value.items())
    return _head(5, len(value)) + pairs


def from_cbor(data: bytes) -> Any:
    return _read(data, 0)[0]


def _head(kind: int, count: int) -> bytes:
    if count < 24:
        return bytes([kind << 5 | count])
    if count < 256:
        return bytes([kind << 5 | 24, count])
    return bytes([kind << 5 | 25]) + struct.pack(">H", count)


def _read(data: bytes, at: int) -> tuple[Any, int]:
    kind, count, at = data[at] >> 5, data[at] & 31, at + 1
    if count >= 24:
        size = 1 << (count - 24)
        count, at = int.from_bytes(data[at : at + size]), at + size
    if kind in (0, 1):
        return (count if kind == 0 else -1 - count), at
    if kind in (2, 3):
        part = data[at : at + count]
        return (part if kind == 2 else part.decode()), at + count
    if kind != 5:
        raise ValueError(f"CBOR of kind {kind}")
    found = {}
    for _ in range(count):
        key, at = _read(data, at)
        found[key], at = _read(data, at)
    return found, at


@dataclass
class Authenticator:
    """One passkey of one person at pages of `origin`."""

    origin: str
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    handle: bytes = b""
    uses: int = 0

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """What navigator.credentials.create gives, in JSON."""
        self.handle = decoded(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = {
            1: 2,
            3: -7,
            -1: 1,
            -2: numbers.x.to_bytes(32, "big"),
            -3: numbers.y.to_bytes(32, "big"),
        }
        about = bytes(16) + struct.pack(">H", len(self.id)) + self.id + to_cbor(cose)
        data = self._data(options["rp"]["id"], ATTESTED) + about
        attestation = {"fmt": "none", "attStmt": {}, "authData": data}
        return self._said(
            {
                "clientDataJSON": coded(self._client_data("webauthn.create", options)),
                "attestationObject": coded(to_cbor(attestation)),
                "transports": ["internal"],
            }
        )

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """What navigator.credentials.get gives, in JSON."""
        self.uses += 1
        data = self._data(options["rpId"], 0)
        client = self._client_data("webauthn.get", options)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._said(
            {
                "clientDataJSON": coded(client),
                "authenticatorData": coded(data),
                "signature": coded(signature),
                "userHandle": coded(self.handle),
            }
        )

    def _data(self, rp_id: str, flags: int) -> bytes:
        flags |= PRESENT | VERIFIED
        return hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, self.uses)

    def _client_data(self, kind: str, options: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin}
        return json.dumps({**said, "crossOrigin": False}).encode()

    def _said(self, response: dict[str, Any]) -> dict[str, Any]:
        named = {"id": coded(self.id), "rawId": coded(self.id), "type": "public-key"}
        return {**named, "authenticatorAttachment": "platform", "response": response}
