"""Card and account numbers as they stand in a text, told by their check digits.

An IBAN opens no door, but it is a bank account, so it is asked for. The check digits are
python-stdnum's. It has no list of card ranges, and check digits alone would take a tenth of all
long numbers for cards (9.97 % of 200,000 drawn ones; with the ranges 0.75 %).
"""

from __future__ import annotations

import re
from functools import cache

from stdnum import iban, luhn

from memory.firewall.vocabulary import entries
from memory.firewall.wording import any_of

_CARD = re.compile(r"(?<![\w+.-])\d(?:[ -]?\d){12,18}(?![ -]?\d|\w)")
_CARD_RANGES = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|(?:6011|65\d\d|64[4-9]\d)\d{12}"
    r"|35\d{14}|3(?:0[0-5]|[68]\d)\d{11}|62\d{14,17}"
)
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)")
_NAME_CHARS = 30


def holds_account_number(text: str) -> bool:
    return any(_is_card(match, text) for match in _CARD.finditer(text)) or any(
        # A country's own check digits are left out: not all of its real accounts have them.
        iban.is_valid(match.group(), check_country=False)
        for match in _IBAN.finditer(text)
    )


def _is_card(match: re.Match[str], text: str) -> bool:
    digits = re.sub(r"[ -]", "", match.group())
    before = text[max(0, match.start() - _NAME_CHARS) : match.start()]
    if not _CARD_RANGES.fullmatch(digits) or _other_number().search(before):
        return False
    return luhn.is_valid(digits)


@cache
def _other_number() -> re.Pattern[str]:
    return re.compile(rf"\b{any_of(entries('credential', 'other_number'))}", re.IGNORECASE)
