"""What Supabase Auth hands out when somebody has proved who they are."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from supabase_auth.types import Session as SupabaseSession

from errors import AuthError

# How far Auth has proved somebody: by one factor or by two.
Assurance = Literal["aal1", "aal2"]


@dataclass(frozen=True, slots=True)
class Tokens:
    """A session at Supabase Auth. `expires_at`: the access token's end by this machine's clock.

    `factors` are the account's verified second factors; `totp_id` is the one that can be asked for.
    """

    user_id: UUID
    email: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    assurance: Assurance = "aal1"
    factors: int = 0
    totp_id: str | None = None

    @property
    def needs_second_factor(self) -> bool:
        """Whether it must not let anybody in yet."""
        return self.factors > 0 and self.assurance != "aal2"


def tokens_of(session: SupabaseSession) -> Tokens:
    """What a reply of Auth's says of a session."""
    if not session.user.email:
        raise AuthError("This account has no email address.")
    verified = [factor for factor in session.user.factors or () if factor.status == "verified"]
    return Tokens(
        user_id=UUID(session.user.id),
        email=session.user.email,
        access_token=session.access_token,
        refresh_token=session.refresh_token,
        # From the duration, so that a clock that differs from the server's does no harm.
        expires_at=datetime.now(UTC) + timedelta(seconds=session.expires_in),
        assurance=assurance_of(session.access_token),
        factors=len(verified),
        totp_id=next((one.id for one in verified if one.factor_type == "totp"), None),
    )


def assurance_of(access_token: str) -> Assurance:
    """As the token says, which has just come from Auth itself; the lower one if it says nothing."""
    try:
        payload = access_token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return "aal1"
    return "aal2" if isinstance(claims, dict) and claims.get("aal") == "aal2" else "aal1"
