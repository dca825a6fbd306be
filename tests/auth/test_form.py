"""Addresses and codes as they are typed and pasted."""

from __future__ import annotations

import pytest

from auth.form import clean_code, clean_email
from errors import EmailInvalid, InvalidCode


@pytest.mark.parametrize(
    "typed",
    [
        " Nora@Example.com ",
        "nora@example.com\u200b",
        "\u202anora@example.com\u202c",
        "\ufeffnora@exam\u00adple.com",
        "nora\u2060@example.com\ufe0f",
        "mailto:nora@example.com",
        "MAILTO:nora@example.com?subject=Hello",
        "<nora@example.com>",
        "<mailto:nora@example.com>",
        "Nora Berg <nora@example.com>",
        '"Berg, Nora" <nora@example.com>,',
        "Email: nora@example.com",
        "E-Mail:nora@example.com",
        "nora@example.com.",
        "nora@example.com,",
        "(nora@example.com);",
        "“nora@example.com”",
        "ｎｏｒａ＠ｅｘａｍｐｌｅ．ｃｏｍ",
        "nora@example。com",
        "\u3000nora@example.com\u3000",
    ],
)
def test_the_address_in_what_was_pasted_is_found(typed: str) -> None:
    assert clean_email(typed) == "nora@example.com"


@pytest.mark.parametrize(
    "typed",
    [
        "nora",
        "nora berg@example.com",
        "nora@example",
        "nora@example.com, bob@example.com",
        "nora@@example.com",
        "<nora@example.com> <bob@example.com>",
        "mailto:",
        "nora@exam\x00ple.com",
        "\u200b",
        "nora@example..",
    ],
)
def test_what_is_no_address_or_more_than_one_is_refused(typed: str) -> None:
    with pytest.raises(EmailInvalid):
        clean_email(typed)


def test_signs_that_addresses_may_have_stay() -> None:
    assert clean_email("o'neil+tea_1.x@mail-2.example.co.uk") == (
        "o'neil+tea_1.x@mail-2.example.co.uk"
    )
    assert clean_email("josé@exämple.de") == "josé@exämple.de"


@pytest.mark.parametrize(
    "typed",
    [
        "123456",
        "１２３４５６",
        "١٢٣٤٥٦",
        "۱۲۳۴۵۶",
        "१२३४५६",
        "123–456",
        "123 456",
        "1 2 3 4 5 6",
        "123\u00a0456",
        "123.456",
        "Code: 123456.",
        "Your code is 123456, valid for 10 minutes.",
        "验证码：123456。",
        "«123456»",
        "G-123456",
        "\u200e123456\u200f",
        "123456 123456",
    ],
)
def test_the_code_in_what_was_pasted_is_found(typed: str) -> None:
    assert clean_code(typed) == "123456"


@pytest.mark.parametrize("typed", ["", "abc", "12", "123456 or 654321", "12345678901", "①②③"])
def test_what_is_no_code_or_more_than_one_is_refused(typed: str) -> None:
    with pytest.raises(InvalidCode, match="code from the mail"):
        clean_code(typed)
