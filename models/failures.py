"""Errors of the OpenAI client and of the connection below it, turned into ours.

Nothing else: what goes wrong in our own code stays what it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import openai

from errors import ModelAnswerInvalid, ModelError, ModelUnavailable
from models.dialect.refusal import Refusal, Server

OPENAI = Server()


@contextmanager
def translated(
    model: str = "", server: Server = OPENAI, *, but_refusals: bool = False
) -> Iterator[None]:
    """Turn the client library's errors into ours, or all but refusals, for who looks at those."""
    try:
        yield
    except openai.APIStatusError as exc:
        if but_refusals:
            raise
        raise refusal_of(exc).error(model, server) from exc
    # What came is not of the library's form; a stream that breaks raises the http library's own.
    except openai.APIResponseValidationError as exc:
        raise ModelAnswerInvalid from exc
    except (openai.APIConnectionError, httpx2.HTTPError) as exc:
        raise ModelUnavailable from exc
    except openai.APIError as exc:
        raise ModelError from exc


def refusal_of(exc: openai.APIStatusError) -> Refusal:
    """What the server said, which is taken out of the exception: that one may be logged, and some
    servers repeat the key or the prompt. The library has unwrapped OpenAI's object already.
    """
    refusal = Refusal.read(exc.status_code, exc.body)
    exc.args = (f"status {exc.status_code} {refusal.code}".strip(),)
    return refusal


def raise_for_page(content_type: str, model: str, server: Server) -> None:
    """Raise ModelRefused where a page came: something else listens at this address."""
    if "html" in content_type:
        raise Refusal.read(404, "").error(model, server)
