"""Access tokens are their person's own, live as long as they say, and are kept as hashes."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from account.access_tokens import AccessTokens, Holder, holder_of
from database.transactions import Database
from errors import AccessDenied, InputError, Unbound
from tests.support.stack import Stack


@pytest.fixture
def hers(data: Database, alice: UUID) -> AccessTokens:
    return AccessTokens(data, alice)


def test_a_token_names_its_person_and_what_it_may_do(
    data: Database, hers: AccessTokens, alice: UUID
) -> None:
    reading = hers.create("Claude", may_write=False, days=30)
    writing = hers.create("An agent", may_write=True, days=30)
    assert reading.startswith("ks_")
    assert len(reading) == 46
    assert holder_of(data, reading) == Holder(alice, ("read",))
    assert holder_of(data, writing) == Holder(alice, ("read", "write"))


def test_a_token_is_listed_with_its_life_and_last_use(data: Database, hers: AccessTokens) -> None:
    token = hers.create("  Claude ", may_write=False, days=7)
    [new] = hers.all()
    assert (new.name, new.scopes, new.last_used_at, new.expired) == (
        "Claude",
        ("read",),
        None,
        False,
    )
    assert new.expires_at - new.created_at == timedelta(days=7)
    holder_of(data, token)
    assert hers.all()[0].last_used_at is not None


def test_only_the_hash_is_stored(stack: Stack, database: str, hers: AccessTokens) -> None:
    token = hers.create("Claude", may_write=False, days=7)
    [(row,)] = stack.execute(database, "select to_jsonb(t)::text from public.access_tokens t")
    assert token not in str(row)
    assert token.removeprefix("ks_") not in str(row)


def test_what_was_never_made_lets_nobody_in(data: Database, hers: AccessTokens) -> None:
    token = hers.create("Claude", may_write=False, days=7)
    for wrong in ("", "ks_", token[:-1], token + "x", token.upper(), "ks_" + "x" * 43, "é" * 46):
        assert holder_of(data, wrong) is None


def test_an_expired_token_lets_nobody_in_and_is_shown_as_such(
    stack: Stack, database: str, data: Database, hers: AccessTokens
) -> None:
    token = hers.create("Claude", may_write=False, days=7)
    stack.execute(database, "update public.access_tokens set expires_at = now()")
    assert holder_of(data, token) is None
    assert [one.expired for one in hers.all()] == [True]


def test_a_revoked_token_lets_nobody_in(data: Database, hers: AccessTokens) -> None:
    gone, kept = (hers.create(name, may_write=False, days=7) for name in ("Old", "New"))
    hers.revoke(next(one.id for one in hers.all() if one.name == "Old"))
    assert holder_of(data, gone) is None
    assert holder_of(data, kept) is not None
    assert [one.name for one in hers.all()] == ["New"]


def test_the_tokens_of_a_deleted_account_let_nobody_in(
    stack: Stack, database: str, data: Database, hers: AccessTokens, alice: UUID
) -> None:
    token = hers.create("Claude", may_write=False, days=7)
    stack.execute(database, "delete from auth.users where id = %s", str(alice))
    assert holder_of(data, token) is None
    assert stack.execute(database, "select count(*) from public.access_tokens") == [(0,)]


@pytest.mark.parametrize(
    ("name", "days", "said"),
    [
        ("", 7, "This name is empty"),
        ("x" * 101, 7, "100 is the most"),
        ("Claude", 0, "1 to 365 days"),
        ("Claude", 366, "1 to 365 days"),
    ],
)
def test_a_token_that_cannot_be_is_refused(
    hers: AccessTokens, name: str, days: int, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        hers.create(name, may_write=False, days=days)
    assert hers.all() == []


def test_a_person_has_fifty_tokens_at_most(hers: AccessTokens) -> None:
    for number in range(50):
        hers.create(f"{number}", may_write=False, days=1)
    with pytest.raises(InputError, match="Revoke one"):
        hers.create("One more", may_write=False, days=1)


class TestOthers:
    """bob and nobody."""

    def test_bob_neither_sees_nor_revokes_alices_tokens(
        self, data: Database, hers: AccessTokens, bob: UUID
    ) -> None:
        token = hers.create("Claude", may_write=True, days=7)
        his = AccessTokens(data, bob)
        assert his.all() == []
        with pytest.raises(InputError, match="no such token"):
            his.revoke(hers.all()[0].id)
        assert holder_of(data, token) is not None

    def test_bob_makes_no_token_in_alices_name(
        self, data: Database, alice: UUID, bob: UUID
    ) -> None:
        with pytest.raises(AccessDenied), data.as_user(bob) as connection:
            connection.execute(
                text(
                    "insert into public.access_tokens"
                    " (user_id, name, token_hash, scopes, expires_at)"
                    " values (:alice, 'x', sha256('x'), '{read}', now())"
                ),
                {"alice": alice},
            )

    @pytest.mark.parametrize(
        "change",
        [
            "scopes = '{read,write}'",
            "expires_at = now() + interval '9 days'",
            "last_used_at = null",
        ],
    )
    def test_nobody_changes_what_a_token_may_do(
        self, data: Database, hers: AccessTokens, alice: UUID, change: str
    ) -> None:
        hers.create("Claude", may_write=False, days=7)
        with pytest.raises(AccessDenied), data.as_user(alice) as connection:
            connection.execute(text(f"update public.access_tokens set {change}"))  # noqa: S608

    def test_nobody_has_no_tokens(self, data: Database) -> None:
        with pytest.raises(Unbound):
            AccessTokens(data, "")
        assert AccessTokens(data, uuid4()).all() == []
