"""Which of the models that a server lists can chat: by what it tells of each, else by the name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Families that do something else, and those that answer elsewhere than under /chat/completions.
_NO_CHAT = re.compile(
    r"embed|whisper|tts|audio|realtime|transcri|speech|voice|dall-e|image|moderation|rerank|guard"
    r"|sora|bge-|minilm|(?:^|[/-])(?:gte|e5|jina|clip|siglip|colbert)-|paraphrase-|mpnet|flux"
    r"|stable-?diffusion|sdxl|(?:^|/)(?:veo|imagen|lyria|kling|wan[\d.]*|parakeet|kokoro|orpheus"
    r"|musicgen|bark)\b|instruct-gte|gpt-3\.5-turbo-instruct|davinci-|babbage-|(?:^|/)(?:gpt-5[\w.]*"
    r"|o[134])-pro|deep-research|codex-mini|computer-use|mistral-ocr|(?:^|/)aqa$|video"
    r"|shieldgemma|minicheck|sentence-t5|gtr-t5|labse|splade|siglip|dinov\d|nllb-|opus-mt|madlad|-asr\b"
    r"|(?:^|/)(?:voyage|canary|ideogram|recraft|seedream|seedance|midjourney|suno|eleven|marian|yolo"
    r"|stella|luma|nano-banana|gpt-4-base|sd3)(?:[-_.\d]|$)|gpt-5[\w.]*-codex",
    re.IGNORECASE,
)
# LM Studio, Together and others name a type; these are the ones that answer a chat.
_CHAT_TYPES = {"llm", "vlm", "chat", "language", "text", "text-generation", "model", "code"}


def can_chat(model: Mapping[str, Any]) -> bool:
    """Whether a model of a server's list answers a chat, as far as can be told."""
    told = _told(model)
    return told if told is not None else not _NO_CHAT.search(str(model.get("id", "")))


def _told(model: Mapping[str, Any]) -> bool | None:
    """What the server tells of it; None where it does not."""
    capabilities = model.get("capabilities")
    if isinstance(capabilities, Mapping):
        for name in ("completion_chat", "chat_completion", "chat"):
            if isinstance(capabilities.get(name), bool):
                return bool(capabilities[name])
    architecture = model.get("architecture")
    if isinstance(architecture, Mapping) and isinstance(
        architecture.get("output_modalities"), list
    ):
        return "text" in architecture["output_modalities"] and not _NO_CHAT.search(
            str(model.get("id", ""))
        )
    endpoints = model.get("endpoints")
    if isinstance(endpoints, list) and endpoints and all(isinstance(e, str) for e in endpoints):
        return any("chat" in endpoint for endpoint in endpoints)
    kind = model.get("type")
    if isinstance(kind, str) and kind.lower() not in _CHAT_TYPES:
        return False
    return None
