"""Addresses as people write them, with capitals, plus signs and letters beyond ASCII: each is one
account, whichever way in is taken. On the real Auth server.
"""

from __future__ import annotations

import unicodedata
from uuid import uuid4

import pytest

from auth.client import AuthClient
from errors import EmailTaken, InvalidCode, InvalidCredentials
from tests.support.auth_cast import PASSWORD, mail_count, mailed_code
from tests.support.stack import Stack


@pytest.fixture(scope="module")
def auth(stack: Stack) -> AuthClient:
    return AuthClient(stack.settings.supabase_url, stack.settings.supabase_key)


def other_forms(email: str) -> list[str]:
    """The same address, as another keyboard or program writes it."""
    return [email, email.upper(), email.title(), unicodedata.normalize("NFD", email)]


@pytest.mark.parametrize(
    "local_part",
    ["Nora.Berg", "o'neil+tea_1", "a+b+c", "josé", "Ångström", "søren", "名前", "иван"],
)
@pytest.mark.parametrize("domain", ["example.com", "exämple.de"])
def test_an_address_is_one_account_by_every_way_in(
    auth: AuthClient, stack: Stack, local_part: str, domain: str
) -> None:
    typed = f"{local_part}.{uuid4().hex[:10]}@{domain}"
    email = typed.lower()
    tokens = auth.sign_up(typed, PASSWORD)
    assert tokens is not None
    assert tokens.email == email
    for form in other_forms(typed):
        with pytest.raises(EmailTaken):
            auth.sign_up(form, PASSWORD)
        assert auth.sign_in_with_password(form, PASSWORD).user_id == tokens.user_id
    for form in other_forms(typed)[1:]:
        auth.send_sign_in_code(form)
        code = mailed_code(stack, email)
        assert auth.sign_in_with_code(typed, code).user_id == tokens.user_id
    auth.reset_password_for_email(email.upper())
    reset = auth.reset_password(typed, mailed_code(stack, email), "a new horse")
    assert reset.user_id == tokens.user_id
    new = f"new+{email}"
    auth.ask_address_change(reset, new.upper())
    assert auth.confirm_address_change(email, mailed_code(stack, email)) is False
    assert auth.confirm_address_change(new, mailed_code(stack, new)) is True
    assert auth.sign_in_with_password(new.title(), "a new horse").email == new
    with pytest.raises(InvalidCredentials):
        auth.sign_in_with_password(email, "a new horse")


@pytest.mark.parametrize(
    ("hers", "look_alike"),
    [
        ("nora@example.com", "nora+x@example.com"),
        ("nora+a@example.com", "nora+b@example.com"),
        ("nora@example.com", "n.ora@example.com"),
        ("jose@example.com", "josé@example.com"),
        ("nora@example.com", "nora@exämple.com"),
        # A Cyrillic letter.
        ("nora@example.com", "nоra@example.com"),
    ],
)
def test_an_address_that_looks_alike_is_another_account(
    auth: AuthClient, stack: Stack, hers: str, look_alike: str
) -> None:
    of_this_test = uuid4().hex[:10]
    mine, other = f"{of_this_test}{hers}", f"{of_this_test}{look_alike}"
    alice = auth.sign_up(mine, PASSWORD)
    assert alice is not None
    with pytest.raises(InvalidCredentials):
        auth.sign_in_with_password(other, PASSWORD)
    bob = auth.sign_up(other, "another horse")
    assert bob is not None
    assert bob.user_id != alice.user_id
    auth.reset_password_for_email(other)
    assert mail_count(stack, mine) == 0
    with pytest.raises(InvalidCode):
        auth.reset_password(mine, mailed_code(stack, other), "a new horse")
    assert auth.sign_in_with_password(mine, PASSWORD).user_id == alice.user_id
