"""The browser's part of a passkey: it is asked to make or show one, and its answer comes back.

It begins by itself, since a button has led here, and has one of its own for browsers that want a
click on the page, and for another try.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import streamlit as st

from ui.elements.assets import asset

# WebAuthn's names of what went wrong, https://www.w3.org/TR/webauthn-3/.
_SENTENCES = {
    "NotAllowedError": "No passkey was used: it was called off, or took too long.",
    "AbortError": "No passkey was used: it was called off, or took too long.",
    "InvalidStateError": "This device holds a passkey of your account already.",
    "NotSupportedError": "This browser cannot make the kind of passkey that is asked for.",
    "SecurityError": "This browser does not allow passkeys of this project at this address.",
    "NoPasskeys": "This browser has no passkeys.",
}
FAILED = "The passkey did not work in this browser. Please try again, or sign in another way."


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it: a credential in WebAuthn's JSON, unchecked, or a sentence."""

    credential: object = field(default=None, repr=False)
    trouble: str | None = None


def ask_passkey(
    kind: Literal["create", "get"], options: dict[str, Any], ceremony: str, *, key: str
) -> Answer | None:
    """Draw it; the answer to `ceremony` in the run that it comes with, and None in all others."""
    component = st.components.v2.component(
        "keepsake_passkey",
        html='<p id="said" role="status"></p><button id="go" type="button"></button>',
        css=asset("passkey.css"),
        js=asset("passkey.js"),
    )
    data = {"kind": kind, "options": options, "ceremony": ceremony}
    # A callback, however empty, makes the trigger part of the result.
    told = component(data=data, key=key, on_answer_change=lambda: None).answer
    if not isinstance(told, dict) or told.get("ceremony") != ceremony:
        return None
    trouble = told.get("error")
    if trouble is not None:
        return Answer(trouble=_SENTENCES.get(str(trouble), FAILED))
    return Answer(credential=told.get("credential"))
