"""The limits of one account hold however many ask at once, and touch nobody else's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from chat.turns import Conversations
from database.fair_use import MB, FairUse, FairUseLimits, Use, Used
from database.transactions import Database
from errors import AccessDenied, DatabaseError, FairUseReached
from tests.support.stack import Stack
from tests.support.trips import counted_trips

Begin = Callable[[], Use]


@pytest.fixture
def counted() -> Iterator[Callable[..., FairUse]]:
    """Counts of a process: its database and limits."""
    made: list[FairUse] = []

    def counted(data: Database, **limits: int) -> FairUse:
        made.append(FairUse(data, FairUseLimits(**limits)))
        return made[-1]

    yield counted
    for one in made:
        one.close()


Counted = Callable[..., FairUse]


@pytest.fixture
def database_of_many(stack: Stack, database: str) -> Iterator[Database]:
    """With a connection for each of twenty that ask at once."""
    url = stack.settings_of(database).database_url
    with closing(Database(url, pool_size=20)) as data:
        yield data


def at_once(begin: Begin, count: int = 20) -> list[Use]:
    """Those that were let in, of so many that ask at the same moment."""
    barrier = Barrier(count)

    def ask(_: int) -> Use | None:
        barrier.wait()
        try:
            return begin()
        except FairUseReached:
            return None

    with ThreadPoolExecutor(count) as threads:
        return [use for use in threads.map(ask, range(count)) if use is not None]


def test_twenty_answers_at_once_and_four_are_let_in(
    counted: Counted, database_of_many: Database, alice: UUID, bob: UUID
) -> None:
    fair_use = counted(database_of_many, answers_at_once=4)
    begun = at_once(lambda: fair_use.begin(alice, answers=1))
    assert len(begun) == 4
    with pytest.raises(FairUseReached, match="4 answers at once are the most here"):
        fair_use.begin(alice, answers=1)
    fair_use.begin(bob, answers=2).end()
    begun[0].end()
    begun[0].end()
    assert len(at_once(lambda: fair_use.begin(alice, answers=1))) == 1


def test_two_processes_share_the_count(
    counted: Counted, stack: Stack, database: str, data: Database, alice: UUID
) -> None:
    with closing(Database(stack.settings_of(database).database_url)) as elsewhere:
        there, here = (counted(one, answers_at_once=1) for one in (elsewhere, data))
        use = there.begin(alice, answers=1)
        with pytest.raises(FairUseReached):
            here.begin(alice, answers=1)
        use.end()
        there.close()
        here.begin(alice, answers=1)
        # As if that process had died.
        stack.execute(database, "update private.uses_under_way set until = now()")
        counted(data, answers_at_once=1).begin(alice, answers=1)


def test_twenty_messages_at_once_and_seven_a_minute(
    counted: Counted,
    stack: Stack,
    database: str,
    database_of_many: Database,
    alice: UUID,
    bob: UUID,
) -> None:
    fair_use = counted(database_of_many, messages_a_minute=7)
    assert len(at_once(lambda: fair_use.begin(alice, messages=1))) == 7
    with pytest.raises(FairUseReached) as caught:
        fair_use.begin(alice, messages=1)
    assert caught.value.user_message.startswith(
        "That was quick: 7 messages a minute are the most here. It goes on in "
    )
    fair_use.begin(bob, messages=1)
    stack.execute(database, "update private.fair_use set messages_until = now()")
    assert len(at_once(lambda: fair_use.begin(alice, messages=1))) == 7


def test_twenty_files_at_once_and_a_hundred_megabytes(
    counted: Counted,
    stack: Stack,
    database: str,
    database_of_many: Database,
    alice: UUID,
    bob: UUID,
) -> None:
    fair_use = counted(database_of_many, stored_mb=100)
    begun = at_once(lambda: fair_use.begin(alice, stored_bytes=10 * MB))
    assert len(begun) == 10
    fair_use.begin(bob, stored_bytes=10 * MB)
    # Nothing of it was written after all, and what is there is counted anew.
    for use in begun:
        use.end()
    fair_use.close()
    assert len(at_once(lambda: fair_use.begin(alice, stored_bytes=10 * MB))) == 10


def test_what_is_stored_counts(counted: Counted, data: Database, alice: UUID) -> None:
    Conversations(data, alice).start_turn("x" * 900_000)
    fair_use = counted(data, stored_mb=1)
    fair_use.begin(alice, stored_bytes=90_000).end()
    with pytest.raises(FairUseReached, match="take up 1 MB, the most here"):
        fair_use.begin(alice, stored_bytes=110_000)


def test_tokens_are_used_up_for_a_day_of_that_account(
    counted: Counted, stack: Stack, database: str, data: Database, alice: UUID, bob: UUID
) -> None:
    fair_use = counted(data, tokens_a_day=1_000)
    use = fair_use.begin(alice, answers=1)
    use.spend(700)
    use.spend(299)
    use.end()
    fair_use.begin(alice).end()
    use.spend(1)
    use.spend(500)
    with pytest.raises(FairUseReached, match="It goes on in 24 hours"):
        fair_use.begin(alice)
    assert 86_000 < fair_use.wait_s(alice) <= 86_400
    assert fair_use.wait_s(bob) == 0
    fair_use.begin(bob).end()
    stack.execute(database, "update private.fair_use set tokens_until = now()")
    fair_use.begin(alice).end()
    assert fair_use.wait_s(alice) == 0


def test_twenty_at_once_spend_every_token(
    counted: Counted, database_of_many: Database, alice: UUID
) -> None:
    fair_use = counted(database_of_many, tokens_a_day=10**6)

    def spend(_: int) -> None:
        with fair_use.using(alice) as use:
            use.spend(1_000)

    with ThreadPoolExecutor(20) as threads:
        list(threads.map(spend, range(20)))
    fair_use.close()
    assert counted(database_of_many, tokens_a_day=20_000).wait_s(alice) > 0
    assert counted(database_of_many, tokens_a_day=20_001).wait_s(alice) == 0


def test_without_limits_nothing_is_asked(counted: Counted, data: Database, alice: UUID) -> None:
    fair_use = counted(data)
    with counted_trips() as trips, fair_use.using(alice, answers=9, messages=9) as use:
        use.spend(10**9)
    assert trips.transactions == 0


@pytest.mark.parametrize(
    "statement",
    [
        "update private.fair_use set tokens = 0",
        "delete from private.fair_use",
        "delete from private.uses_under_way",
        "select private.spend_tokens(auth.uid(), -1)",
        "select * from private.used(auth.uid(), true)",
    ],
)
def test_a_person_cannot_change_a_count(
    counted: Counted, statement: str, data: Database, alice: UUID, bob: UUID
) -> None:
    fair_use = counted(data, tokens_a_day=10)
    fair_use.note_tokens(alice, 1_000)
    fair_use.close()
    for person in (alice, bob):
        with pytest.raises(AccessDenied), data.as_user(person) as connection:
            connection.execute(text(statement))
    assert counted(data, tokens_a_day=10).wait_s(alice) > 0


def test_nobody_uses_anything(counted: Counted, data: Database) -> None:
    fair_use = counted(data, answers_at_once=1)
    with pytest.raises(DatabaseError):
        fair_use.begin(uuid4(), answers=1)


def test_what_was_used_is_shown_of_each_person_s_own(
    counted: Counted, data: Database, database: str, stack: Stack, alice: UUID, bob: UUID
) -> None:
    fair_use = counted(data, tokens_a_day=1_000, stored_mb=1)
    assert fair_use.used(alice) == Used(0, None, 0)
    Conversations(data, alice).start_turn("Hällo")
    fair_use.begin(alice, messages=1).spend(41)
    used = fair_use.used(alice)
    assert (used.tokens, used.stored_bytes) == (41, 6)
    assert used.tokens_until is not None
    assert fair_use.used(bob) == Used(0, None, 0)
    assert fair_use.used(uuid4()) == Used(0, None, 0)
    stack.execute(database, "update private.fair_use set tokens_until = now()")
    assert fair_use.used(alice) == Used(0, None, 6), "a day that is over"
    assert counted(data, tokens_a_day=9).used(alice).stored_bytes == 0, "nobody asks for it"
