"""A new browser's sign-in and what was changed in one are told in the others, and mailed."""

from __future__ import annotations

from uuid import UUID

import pytest

from auth.notices.mailer import Mailer
from auth.notices.notices import Notices
from auth.sessions import Session
from tests.support.smtp_sink import smtp_sink
from tests.support.waiting import PATIENCE_S
from tests.support.world import World, tokens_of

HOME, WORK, STRANGE = "the browser at home", "the browser at work", "a stranger's"


@pytest.fixture
def notices(world: World) -> Notices:
    return Notices(world.database, None, "")


def sign_in(
    world: World, notices: Notices, person: UUID, browser: str | None, name: str = "Firefox"
) -> tuple[Session, bool]:
    session = world.sessions.open(tokens_of(person), browser=name)
    return session, notices.greet(session, browser, name)


def told(notices: Notices, session: Session) -> list[tuple[str, str | None]]:
    return [(one.event, one.browser) for one in notices.unread(session)]


def test_a_new_browser_is_told_in_the_others_until_it_is_dismissed_there(
    world: World, notices: Notices, alice: UUID
) -> None:
    home, is_new = sign_in(world, notices, alice, HOME)
    assert not is_new, "the account has no other that could be told"
    work, is_new = sign_in(world, notices, alice, WORK, "Chrome on Windows")
    assert is_new
    assert told(notices, work) == []
    [notice] = notices.unread(home)
    assert (notice.event, notice.browser, notice.session) == (
        *("new_browser", "Chrome on Windows"),
        work.id,
    )
    notices.dismiss(home, notice.id)
    assert told(notices, home) == []
    # At the next sign-in too, since it is the same browser.
    again, is_new = sign_in(world, notices, alice, HOME)
    assert (is_new, told(notices, again)) == (False, [])
    assert sign_in(world, notices, alice, WORK)[1] is False


def test_who_comes_back_later_is_told_what_happened_meanwhile(
    world: World, notices: Notices, alice: UUID
) -> None:
    home, _ = sign_in(world, notices, alice, HOME)
    world.sessions.end(home.secret)
    stranger, is_new = sign_in(world, notices, alice, STRANGE, "Opera")
    assert is_new
    notices.note(stranger, "password_changed", "Opera")
    world.sessions.end(stranger.secret)
    home, _ = sign_in(world, notices, alice, HOME)
    assert told(notices, home) == [("new_browser", "Opera"), ("password_changed", "Opera")]
    assert [one.session for one in notices.unread(home)] == [None, None], "it has ended"


def test_a_stranger_cannot_dismiss_it_for_the_owner(
    world: World, notices: Notices, alice: UUID
) -> None:
    home, _ = sign_in(world, notices, alice, HOME)
    stranger, _ = sign_in(world, notices, alice, STRANGE, "Opera")
    accomplice, _ = sign_in(world, notices, alice, "another one", "Edge")
    for session in (stranger, accomplice):
        notices.dismiss(session, 2**62)
    assert told(notices, home) == [("new_browser", "Opera"), ("new_browser", "Edge")]


def test_what_is_done_here_is_told_elsewhere_only(
    world: World, notices: Notices, alice: UUID, bob: UUID
) -> None:
    home, _ = sign_in(world, notices, alice, HOME)
    work, _ = sign_in(world, notices, alice, WORK)
    bobs, is_new = sign_in(world, notices, bob, HOME)
    assert not is_new, "one browser, two accounts"
    notices.note(work, "factor_removed", None)
    assert told(notices, work) == []
    assert told(notices, home)[-1] == ("factor_removed", "Firefox")
    assert told(notices, bobs) == []
    world.sessions.end(work.secret)
    work, _ = sign_in(world, notices, alice, WORK)
    assert told(notices, work) == [], "it was this browser, in its session before"


def test_nobody_is_told_by_a_session_that_has_ended(
    world: World, notices: Notices, alice: UUID
) -> None:
    home, _ = sign_in(world, notices, alice, HOME)
    work, _ = sign_in(world, notices, alice, WORK)
    world.sessions.end(home.secret)
    assert notices.unread(home) == []
    notices.note(home, "password_changed", None)
    assert told(notices, work) == []


def test_a_program_without_cookies_is_always_a_new_browser(
    world: World, notices: Notices, alice: UUID
) -> None:
    sign_in(world, notices, alice, HOME)
    assert [sign_in(world, notices, alice, None)[1] for _ in "12"] == [True, True]


def test_a_session_of_before_is_told_and_dismisses(
    world: World, notices: Notices, alice: UUID
) -> None:
    former = world.sessions.open(tokens_of(alice))
    _, is_new = sign_in(world, notices, alice, WORK)
    assert is_new, "there is another session, whatever is known of its browser"
    [notice] = notices.unread(former)
    notices.dismiss(former, notice.id)
    assert notices.unread(former) == []


def test_a_browser_that_was_away_for_long_is_new_again(
    world: World, notices: Notices, alice: UUID
) -> None:
    sign_in(world, notices, alice, HOME)
    sign_in(world, notices, alice, WORK)
    world.sql("update private.known_browsers set seen_at = now() - interval '91 days'")
    assert sign_in(world, notices, alice, HOME)[1] is True


def test_it_is_mailed_to_the_person(world: World, alice: UUID) -> None:
    with smtp_sink() as sink:
        mailer = Mailer(sink.url, "keepsake@example.com", lambda _: None)
        notices = Notices(world.database, mailer, "https://keepsake.example")
        home, _ = sign_in(world, notices, alice, HOME)
        sign_in(world, notices, alice, WORK, "Chrome on Windows")
        mail = sink.mails.get(timeout=PATIENCE_S)
        assert mail["To"] == "alice@example.com"
        assert mail["Subject"] == "Keepsake: a new browser signed in"
        text = mail.get_content()
        assert text.startswith("A new browser signed in (Chrome on Windows): ")
        assert "https://keepsake.example" in text
        notices.note(home, "address_changed", None, to="old@example.com")
        assert sink.mails.get(timeout=PATIENCE_S)["To"] == "old@example.com"
        assert sink.mails.empty()


def test_browsers_and_notices_go_with_the_account(
    world: World, notices: Notices, alice: UUID
) -> None:
    sign_in(world, notices, alice, HOME)
    sign_in(world, notices, alice, WORK)
    world.sql("delete from auth.users where id = %s", str(alice))
    assert world.sql("select count(*) from private.known_browsers") == [(0,)]
    assert world.sql("select count(*) from private.account_notices") == [(0,)]


def test_cookies_are_stored_as_hashes_that_no_two_accounts_share(
    world: World, notices: Notices, alice: UUID, bob: UUID
) -> None:
    for person in (alice, bob):
        sign_in(world, notices, person, HOME)
    stored = world.sql("select browser_hash from private.known_browsers")
    assert len({bytes(row[0]) for row in stored}) == 2  # type: ignore[call-overload]
    assert HOME not in repr(world.sql("select k::text from private.known_browsers k"))
