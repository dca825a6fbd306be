"""The models, each with a real call: an answer, a reply as JSON, vectors, and a long prompt."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence

import httpx

from chat.context import CHARS_PER_TOKEN, KEPT_FREE_TOKENS
from config import Settings
from database.login import as_login_role
from database.sql import load
from doctor.finding import Finding, note, ok, wrong
from errors import (
    DatabaseError,
    ModelAnswerInvalid,
    ModelError,
    ModelFiltered,
    ModelInputTooLong,
    ModelUnavailable,
)
from memory.store import cues
from memory.store.collection import collection_dims
from models.client import Message, Models, Usage
from models.dialect.feature import Feature
from models.json_reply import read_object

CITY = {
    "name": "city",
    "strict": True,
    "schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
}
# As servers name how many tokens a model reads, in their list of models.
CONTEXT_NAMES = ("max_model_len", "context_length", "context_window", "max_context_length")
SAME_MODEL = 0.95
# Words of English are a token or a little more.
LEAST_TOKENS_A_WORD = 0.6
WORDS = "time year people way day man thing woman life child world school state family group hand"


def examine_models(settings: Settings, *, long_prompt: bool) -> Iterator[Finding]:
    """`long_prompt`: also send one as long as CONTEXT_TOKENS lets the app send."""
    models = Models(settings)
    try:
        if settings.model_missing:
            yield wrong("chat model", settings.model_missing, "See the README, Start.")
        else:
            chat = _of_chat(settings, models)
            yield chat
            yield from _of_memory(settings, models)
            if chat.state == "ok":
                yield from _of_context(settings, models, long_prompt=long_prompt)
        yield from _of_embedding(settings, models)
    finally:
        models.close()


def _of_chat(settings: Settings, models: Models) -> Finding:
    began = time.monotonic()
    try:
        for _ in models.stream_chat([_said("Reply with one word: ready")]):
            pass
    except ModelError as exc:
        return _refused("chat model", "CHAT_MODEL", settings.chat_model, exc)
    took_s = time.monotonic() - began
    return ok("chat model", f"{settings.chat_model} answers; a word took {took_s:.1f} s.")


def _of_memory(settings: Settings, models: Models) -> Iterator[Finding]:
    messages = [_said('Which city is the capital of France? Reply as JSON: {"city": "..."}')]
    try:
        city = read_object(models.complete_json(messages, CITY)).get("city")
        if not isinstance(city, str):
            raise ModelAnswerInvalid
    except ModelAnswerInvalid:
        yield wrong(
            "memory model",
            f"{settings.memory_model} does not reply with the JSON that it is asked for.",
            "Take a larger or newer model as MEMORY_MODEL: nothing is remembered with this one.",
        )
        return
    except ModelError as exc:
        yield _refused("memory model", "MEMORY_MODEL", settings.memory_model, exc)
        return
    if Feature.SCHEMA in models.lacks(settings.memory_model):
        yield note(
            "memory model",
            f"{settings.memory_model} replies with JSON, but its server knows no JSON schemas.",
            "It is told the form in words, which small models keep less often. Newer versions of"
            " most servers know schemas.",
        )
    else:
        yield ok("memory model", f"{settings.memory_model} replies by a JSON schema.")


def _of_context(settings: Settings, models: Models, *, long_prompt: bool) -> Iterator[Finding]:
    told = _told_context(settings)
    too_much = (
        "Set CONTEXT_TOKENS to what the model reads, or let its server give it more (Ollama:"
        " num_ctx, llama.cpp: -c, vLLM: --max-model-len)."
    )
    if told is not None:
        if told < settings.context_tokens:
            yield wrong(
                "context",
                f"CONTEXT_TOKENS is {settings.context_tokens}, and the server says that"
                f" {settings.chat_model} reads {told}.",
                too_much,
            )
        else:
            yield ok("context", f"{settings.chat_model} reads {told} tokens, as its server says.")
        return
    if not long_prompt:
        yield note(
            "context",
            f"Whether {settings.chat_model} reads {settings.context_tokens} tokens was not tried.",
            "Leave out --quick.",
        )
        return
    words = _words(max(settings.context_tokens - KEPT_FREE_TOKENS, 0) * CHARS_PER_TOKEN)
    usage = Usage()
    asked = _said(f"{words}\n\nAbove are words without a meaning. Reply with one word: ready")
    try:
        for _ in models.stream_chat([asked], usage=usage):
            pass
    except ModelInputTooLong:
        yield wrong(
            "context",
            f"CONTEXT_TOKENS is {settings.context_tokens}, which is more than"
            f" {settings.chat_model} reads.",
            too_much,
        )
    except ModelError as exc:
        yield _refused("context", "CHAT_MODEL", settings.chat_model, exc)
    else:
        counted = usage.prompt_tokens
        if counted is not None and counted < LEAST_TOKENS_A_WORD * words.count(" "):
            yield wrong(
                "context",
                f"Of a long prompt the server of {settings.chat_model} read {counted} tokens alone"
                " and dropped the rest without a word.",
                too_much,
            )
        else:
            yield ok("context", f"{settings.chat_model} takes as much as CONTEXT_TOKENS says.")


def _of_embedding(settings: Settings, models: Models) -> Iterator[Finding]:
    name = settings.embedding_model
    try:
        one, same = models.embed(["Lives in Lisbon", "Lives in Lisbon"])
    except ModelAnswerInvalid as exc:
        yield wrong("embedding", exc.user_message, "Set EMBEDDING_DIMS to what the model gives.")
        return
    except ModelError as exc:
        yield _refused("embedding", "EMBEDDING_MODEL", name, exc)
        return
    if _cosine(one, same) < SAME_MODEL:
        yield wrong(
            "embedding",
            f"{name} gives another vector each time.",
            "Take an embedding model as EMBEDDING_MODEL; a chat model is none.",
        )
        return
    yield ok("embedding", f"{name} gives vectors of {settings.embedding_dims} numbers.")
    yield from _of_stored_vectors(settings, models)


def _of_stored_vectors(settings: Settings, models: Models) -> Iterator[Finding]:
    """Another model of the same dimension is refused by nothing: search just becomes bad."""
    try:
        with as_login_role(settings.database_url) as connection:
            if collection_dims(connection) != settings.embedding_dims:
                return
            rows = connection.execute(load("doctor/database")["some_vectors"]).all()
    except DatabaseError:
        return  # told where the database is looked at
    if not rows:
        return
    vectors = cues.embed([row.text for row in rows], [row.cues for row in rows], models)
    near = [_cosine(row.vec, vector) for row, vector in zip(rows, vectors, strict=True)]
    if max(near) < SAME_MODEL:
        yield wrong(
            "embedding",
            f"The stored memories were not made with {settings.embedding_model}, so none is found.",
            "Set the former embedding model again, or stop the app and run: python -m"
            " memory.reembed",
        )
    else:
        yield ok("embedding", f"The stored memories were made with {settings.embedding_model}.")


def _refused(part: str, setting: str, model: str, exc: ModelError) -> Finding:
    where = "EMBEDDING_BASE_URL" if part == "embedding" else "OPENAI_BASE_URL"
    if isinstance(exc, ModelUnavailable):
        to_do = f"Check {where}, and whether the server runs and has {model} loaded."
    elif isinstance(exc, ModelFiltered):
        to_do = f"Take another model as {setting}."
    else:
        dims = " and EMBEDDING_DIMS" if part == "embedding" else ""
        to_do = f"Check {setting}{dims}, its key and {where}."
    return wrong(part, f"{model} cannot be asked: {exc.user_message}", to_do)


def _told_context(settings: Settings) -> int | None:
    """What the server's list of models says; None where it says nothing."""
    try:
        reply = httpx.get(
            f"{settings.openai_base_url}/models",
            headers={"Authorization": f"Bearer {settings.openai_api_key}"},
            timeout=10.0,
        )
        listed = reply.json()["data"]
        one = next(m for m in listed if m.get("id") == settings.chat_model)
        told = [one[name] for name in CONTEXT_NAMES if isinstance(one.get(name), int)]
    except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError, StopIteration):
        return None
    return told[0] if told and told[0] > 0 else None


def _words(chars: int) -> str:
    return (f"{WORDS} " * (chars // len(WORDS) + 1))[:chars]


def _said(content: str) -> Message:
    return {"role": "user", "content": content}


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    dot = sum(a * b for a, b in zip(one, other, strict=True))
    return dot / ((math.hypot(*one) * math.hypot(*other)) or 1.0)
