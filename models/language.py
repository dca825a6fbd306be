"""Which language a text is in, where that can be told: by py3langid, which asks nobody.

Small models drift into English where they are not told; larger ones do no worse for it.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from functools import cache
from typing import Any

# Of those that py3langid knows the ones that many people write; its others are heard in short
# English texts ("thanks" as Xhosa).
NAMES = {
    "ar": "Arabic",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sv": "Swedish",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh": "Chinese",
}
# Further ones that are told apart where it matters which letters a text was written in.
FURTHER = {
    "be": "Belarusian",
    "bg": "Bulgarian",
    "ca": "Catalan",
    "et": "Estonian",
    "fa": "Persian",
    "hr": "Croatian",
    "is": "Icelandic",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "no": "Norwegian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sr": "Serbian",
}
# Below, a text is too short to tell ("Ja", "lol ok").
SURE = 0.55
# Of a long text the beginning tells it.
READ_CHARS = 2_000
_lock = threading.Lock()


def other_language(text: str) -> str | None:
    """The English name of the text's language; None for English, or where it cannot be told."""
    found = language_of(text)
    return found if found != "English" else None


def language_of(text: str) -> str | None:
    """The English name of the text's language; None where it cannot be told."""
    code = code_of(text)
    return NAMES[code] if code else None


def code_of(text: str) -> str | None:
    """The same as its code of ISO 639-1."""
    with _lock:
        code, sure = _identifier(tuple(NAMES)).classify(text[:READ_CHARS])
    return str(code) if sure >= SURE else None


def is_in_one_of(languages: Collection[str], text: str) -> bool:
    """Whether the text is in one of these, by their English names, whichever of them it is."""
    names = NAMES | FURTHER
    with _lock:
        shares = _identifier(tuple(names)).rank(text[:READ_CHARS])
    return float(sum(share for code, share in shares if names[code] in languages)) >= SURE


@cache
def _identifier(codes: tuple[str, ...]) -> Any:
    # Imported here: its model takes a third of a second.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(codes))
    return identifier
