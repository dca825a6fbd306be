"""Which language a text is in."""

from __future__ import annotations

import pytest

from models.language import other_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Wo wohne ich?", "German"),
        ("¿Dónde vivo?", "Spanish"),
        ("Quel instrument je joue ?", "French"),
        ("我住在杭州", "Chinese"),
        ("Where do I live?", None),
        ("Otto has bad hips", None),
        ("thanks", None),
        ("lol ok", None),
        ("12345", None),
        ("", None),
    ],
)
def test_another_language_is_told_where_it_can_be(text: str, language: str | None) -> None:
    assert other_language(text) == language
