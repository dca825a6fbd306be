"""Chat requests in the form that a server's model takes: what it refuses is left out, and learnt.

One ladder for all: a request that is refused is sent again without what the refusal names, or
without what most often is the cause. What cured it is known the next time, for a while.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import openai
from openai import APIResponse, OpenAI

from models.attempts import MAX_RETRIES, attempted
from models.dialect.feature import WITHOUT_A_WORD, Feature
from models.dialect.learnt import Learnt
from models.dialect.refusal import Refusal, Server
from models.dialect.wish import Wish, body_of, used_by
from models.failures import refusal_of, translated

# How a reply is asked for as JSON; each is left out for the next one.
_FORMS = (Feature.SCHEMA, Feature.JSON_OBJECT)
# Left out together, at last, where a server says nothing about the cause.
_PLAINEST = frozenset({Feature.SYSTEM_ROLE, Feature.ROLES_IN_A_ROW, Feature.SAMPLING})
# Where a refusal names several: a word about roles is about their order first.
_ORDER = (
    *_FORMS,
    Feature.PICTURES,
    Feature.WHOLE_REPLY,
    Feature.STREAM_OPTIONS,
    Feature.ROLES_IN_A_ROW,
    Feature.SYSTEM_ROLE,
    Feature.SAMPLING,
)


class ChatRequests:
    """Of one server. Thread-safe."""

    def __init__(self, client: OpenAI, server: Server, learnt: Learnt) -> None:
        """`client` must not try again by itself."""
        self._client = client
        self._server = server
        self._learnt = learnt

    @contextmanager
    def opened(
        self,
        wish: Wish,
        *,
        timeout_s: float | None = None,
        stopped: threading.Event | None = None,
    ) -> Iterator[APIResponse[Any]]:
        """The response as it comes in. With `timeout_s` nothing is tried again that may pass.

        The library's own objects for a streamed answer cost more than all else of it. Raises
        ModelError, also where the connection breaks inside.
        """
        with translated(wish.model, self._server), ExitStack() as stack:
            form = _Form(wish, self._learnt.lacks(wish.model), timeout_s)
            while True:
                try:
                    response = self._send(stack, form, stopped)
                except (openai.APIStatusError, openai.APITimeoutError) as exc:
                    if not form.leave_out(exc):
                        raise
                else:
                    self._note(form)
                    break
            yield response

    def _send(
        self, stack: ExitStack, form: _Form, stopped: threading.Event | None
    ) -> APIResponse[Any]:
        client = self._client
        if form.left_s is not None:
            client = client.with_options(timeout=max(form.left_s, 0.1))
        create: Any = client.chat.completions.with_streaming_response.create

        def send() -> APIResponse[Any]:
            sending = create(**form.body, extra_body=dict(form.wish.extra) or None)
            response: APIResponse[Any] = stack.enter_context(sending)
            return response

        return attempted(
            send,
            retries=form.retries,
            after_time_out=not form.may_stream,
            is_final=form.is_named_by,
            stopped=stopped,
        )

    def _note(self, form: _Form) -> None:
        if form.left_out:
            self._learnt.note_lack(form.wish.model, form.left_out, sure=form.sure)
        for feature in form.used & set(_FORMS):
            self._learnt.note_present(form.wish.model, feature)


class _Form:
    """How one request is made: what it leaves out, which grows by each refusal.

    `left_out` is what is learnt if it works in the end; not `sure` where it may have failed for
    another reason.
    """

    def __init__(self, wish: Wish, lacks: frozenset[Feature], timeout_s: float | None) -> None:
        self.wish = wish
        self.left_out: frozenset[Feature] = frozenset()
        self.sure = True
        self._lacks = lacks
        self._give_up_at = None if timeout_s is None else time.monotonic() + timeout_s

    @property
    def used(self) -> frozenset[Feature]:
        return used_by(self.wish, self._lacks)

    @property
    def body(self) -> dict[str, Any]:
        return body_of(self.wish, self._lacks)

    @property
    def left_s(self) -> float | None:
        return None if self._give_up_at is None else self._give_up_at - time.monotonic()

    @property
    def retries(self) -> int:
        return 0 if self.left_out or self._give_up_at is not None else MAX_RETRIES

    @property
    def may_stream(self) -> bool:
        """A model that thinks for long shows life in a stream, and none before a whole reply."""
        return Feature.WHOLE_REPLY in self.used and self._give_up_at is None

    def is_named_by(self, refusal: Refusal) -> bool:
        """Whether a refusal speaks of something that the request uses."""
        return bool(refusal.may_be_cured and refusal.named & self.used)

    def leave_out(self, exc: openai.APIError) -> bool:
        """Whether the next request does without something; not where that cannot help."""
        if isinstance(exc, openai.APIStatusError):
            refusal = refusal_of(exc)
            cure = _cure(refusal, self.used)
            self.sure = self.sure and (exc.status_code < 500 or self.is_named_by(refusal))
            one_off = refusal.is_one_off
        else:
            cure = frozenset({Feature.WHOLE_REPLY} if self.may_stream else ())
            one_off = False
        self._lacks |= cure
        if not one_off:
            self.left_out |= cure
        return bool(cure) and (self.left_s is None or self.left_s > 0)


def _cure(refusal: Refusal, used: frozenset[Feature]) -> frozenset[Feature]:
    """What the next request does without; nothing where no other form can help."""
    if not refusal.may_be_cured:
        return frozenset()
    named = refusal.named & used
    if refusal.is_one_off:
        named = used & frozenset(_FORMS)
    if named:
        return frozenset([min(named, key=_ORDER.index)])
    for feature in WITHOUT_A_WORD:
        if feature in used:
            return frozenset([feature])
    return used & _PLAINEST if refusal.status in (400, 422) else frozenset()
