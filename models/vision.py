"""Whether a model sees pictures. No server says so; it goes by the setting, else by the name."""

from __future__ import annotations

import re
from typing import Literal

Pictures = Literal["on", "off", "auto"]
# Families whose models take images, by their makers' documentation (2026-11).
_SEES = re.compile(
    r"gpt-(?:4o|4\.1|4\.5|5|6)|chatgpt-4o|\bo[134](?:-|$)(?!mini)|claude-(?:3|4|5|opus|sonnet|haiku)"
    r"|gemini|llava|pixtral|mistral-(?:small|medium|large)-3|qwen[\d.]*-?vl|-vl-|vision|internvl"
    r"|llama-?(?:4|3\.2-(?:11|90)b)|gemma-?3|minicpm-v|phi-[\d.]+-(?:vision|multimodal)|grok-[4-9]",
    re.IGNORECASE,
)


def sees_pictures(model: str, setting: Pictures) -> bool:
    """By the setting PICTURES (on, off), or by the model's name (auto)."""
    if setting != "auto":
        return setting == "on"
    return bool(_SEES.search(model))
