"""Which of a server's models are offered to chat with."""

from __future__ import annotations

from typing import Any

import pytest

from models.chat_capable import can_chat


@pytest.mark.parametrize(
    "name",
    [
        "gpt-3.5-turbo-instruct",
        "davinci-002",
        "gpt-5-pro",
        "o1-pro",
        "o3-pro-2025-06-10",
        "flux.1-dev",
        "black-forest-labs/FLUX.1-schnell",
        "veo-3",
        "llama-guard-4",
        "gte-large",
        "thenlper/gte-base",
        "paraphrase-multilingual",
        "text-embedding-3-small",
        "nomic-embed-text",
        "whisper-large-v3",
        "gpt-4o-realtime-preview",
        "omni-moderation-latest",
        "bge-reranker-v2-m3",
        "stable-diffusion-xl",
        "all-MiniLM-L6-v2",
        "shieldgemma:2b",
        "voyage-3-large",
        "sentence-transformers/LaBSE",
        "naver/splade-v3",
        "qwen3-asr-flash",
        "canary-1b",
        "ideogram-v3",
        "recraft-v3",
        "seedream-4",
        "stabilityai/sd3.5",
        "eleven_multilingual_v2",
        "facebook/nllb-200",
        "nano-banana-pro",
        "gpt-5-codex",
        "gpt-4-base",
    ],
)
def test_what_does_something_else_is_left_out(name: str) -> None:
    assert not can_chat({"id": name})


@pytest.mark.parametrize(
    "name",
    [
        "gpt-5.4-mini",
        "gpt-4o",
        "o3-mini",
        "gemini-2.5-pro",
        "claude-opus-4",
        "qwen3:8b",
        "llama-3.3-70b-instruct",
        "mistral-large-latest",
        "deepseek-r1",
        "gpt-oss-20b",
        "test-model",
        "phi-4",
        "command-a",
        "starling-lm:7b",
        "stablelm2",
        "codestral-latest",
        "qwen3-coder",
        "voxtral-small",
        "moondream",
        "learnlm-2.0-flash",
    ],
)
def test_what_chats_is_offered(name: str) -> None:
    assert can_chat({"id": name})


@pytest.mark.parametrize(
    ("told", "offered"),
    [
        ({"capabilities": {"completion_chat": False}}, False),
        ({"capabilities": {"completion_chat": True}}, True),
        ({"type": "embeddings"}, False),
        ({"type": "image"}, False),
        ({"type": "llm"}, True),
        ({"architecture": {"output_modalities": ["image"]}}, False),
        ({"architecture": {"output_modalities": ["text", "image"]}}, True),
        ({"endpoints": ["embed"]}, False),
        ({"endpoints": ["chat", "generate"]}, True),
        ({"capabilities": ["completion"], "type": None}, True),
    ],
)
def test_what_a_server_tells_of_a_model_decides(told: dict[str, Any], offered: bool) -> None:
    assert can_chat({"id": "some-model", **told}) is offered


def test_what_a_server_tells_outweighs_the_name() -> None:
    assert can_chat({"id": "audio-and-text", "capabilities": {"completion_chat": True}})
