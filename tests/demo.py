"""The demo model as a process of its own, its clients, and what they ask of it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from mem0.configs.prompts import ADDITIVE_EXTRACTION_PROMPT, generate_additive_extraction_prompt
from mem0.memory.utils import parse_messages
from openai.types.chat import ChatCompletionMessageParam

QUESTION = "Where do I live?"
SYSTEM = "<memories>\n1. [2026-11-22] User lives in Berlin\n</memories>"
ANSWER = "You live in Berlin."
KEYS = {"id", "text", "attributed_to", "valid_from", "valid_to", "entities", "relations"}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A demo model of its own, with faults, on a free port."""
    command = [sys.executable, "-m", "local.model", "--port", "0", "--faults", "--delay-ms", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()
            assert process.wait(timeout=10) == -signal.SIGTERM


@pytest.fixture
def http(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url.removesuffix("/v1"), timeout=10) as client:
        yield client
        client.delete("/faults")


@pytest.fixture
def client(url: str, http: httpx.Client) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=url, api_key="any", max_retries=0, timeout=10) as client:
        yield client


def messages(question: str = QUESTION, system: str = SYSTEM) -> list[ChatCompletionMessageParam]:
    return [{"role": "system", "content": system}, {"role": "user", "content": question}]


def ask(client: openai.OpenAI, question: str = QUESTION, system: str = SYSTEM) -> str:
    answer = client.chat.completions.create(model="demo", messages=messages(question, system))
    return answer.choices[0].message.content or ""


def streamed(client: openai.OpenAI) -> Iterator[str]:
    for chunk in client.chat.completions.create(model="demo", messages=messages(), stream=True):
        yield chunk.choices[0].delta.content or ""


def structured(
    client: openai.OpenAI, asked: list[ChatCompletionMessageParam], schema: dict[str, Any]
) -> Any:
    wanted: Any = {"type": "json_schema", "json_schema": schema}
    answer = client.chat.completions.create(model="demo", messages=asked, response_format=wanted)
    return json.loads(answer.choices[0].message.content or "")


def extraction(
    client: openai.OpenAI, *new: tuple[str, str], last: tuple[tuple[str, str], ...] = ()
) -> list[str]:
    """The memories that mem0 would be given, from the very prompt that its `add` builds."""
    said = [{"role": role, "content": text} for role, text in new]
    prompt = generate_additive_extraction_prompt(
        existing_memories=[{"id": "0", "text": "User lives in Madrid"}],
        new_messages=parse_messages(said),
        last_k_messages=[{"role": role, "content": text} for role, text in last],
        custom_instructions="Extract nothing that the assistant said.",
    )
    answer = client.chat.completions.create(
        model="demo",
        messages=messages(prompt, ADDITIVE_EXTRACTION_PROMPT),
        response_format={"type": "json_object"},
    )
    found = json.loads(answer.choices[0].message.content or "")["memory"]
    assert all(set(memory) == KEYS for memory in found)
    assert all(memory["attributed_to"] == "user" for memory in found)
    assert [memory["id"] for memory in found] == [str(n) for n in range(len(found))]
    return [memory["text"] for memory in found]
