"""One attempt to get at another account's data: made for real, and judged by what came of it.

Pass or fail is computed: a refusal counts only if it is the one that was to be expected, and an
answer only if nothing of the other account is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sized
from dataclasses import dataclass

from errors import DatabaseError, DatabaseUnavailable, KeepsakeError, ModelError


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was tried by which way, what was said, and whether it held; None: not to be told."""

    path: str
    what: str
    said: str
    held: bool | None


@dataclass(frozen=True, slots=True)
class Trial:
    """`act` tries; `leaks` tells of what it returns, `refuses` of what it raises.

    With `writes` the other account's rows are compared before and after. What is `away` when it
    raises one of these could not be tried.
    """

    path: str
    what: str
    act: Callable[[], object]
    leaks: Callable[[object], bool] = bool
    refuses: Callable[[Exception], bool] = lambda exc: False
    said: Callable[[object], str] | None = None
    writes: bool = False
    away: tuple[type[Exception], ...] = (ModelError,)

    def run(self) -> Attempt:
        """Make the attempt. Raises DatabaseUnavailable: then nothing can be told."""
        try:
            value = self.act()
        except DatabaseUnavailable:
            raise
        except self.away as exc:
            return self._attempt(f"Not tried: {words_of(exc)}", None)
        except Exception as exc:  # noqa: BLE001 - whatever else is raised did not refuse
            return self._attempt(words_of(exc), self.refuses(exc))
        said = self.said(value) if self.said else counted(value)
        return self._attempt(said, not self.leaks(value))

    def _attempt(self, said: str, held: bool | None) -> Attempt:
        return Attempt(self.path, self.what, said, held)


def by(*kinds: type[Exception]) -> Callable[[Exception], bool]:
    """Refused by an error of exactly one of these kinds."""
    return lambda exc: type(exc) in kinds


def with_state(*states: str) -> Callable[[Exception], bool]:
    """Refused by PostgreSQL with one of these codes."""
    return lambda exc: isinstance(exc, DatabaseError) and state_of(exc) in states


def always(_: object) -> bool:
    """Only a refusal will do: whatever comes back is too much."""
    return True


def state_of(exc: Exception) -> str | None:
    """PostgreSQL's code for what went wrong."""
    return getattr(getattr(exc.__cause__, "orig", None), "pgcode", None)


def words_of(exc: Exception) -> str:
    """What was said: by PostgreSQL where it was asked, else by the app."""
    diagnosis = getattr(getattr(exc.__cause__, "orig", None), "diag", None)
    if diagnosis is not None and diagnosis.message_primary:
        return f"{state_of(exc)}: {diagnosis.message_primary}"
    if isinstance(exc, KeepsakeError):
        return exc.user_message
    return f"{type(exc).__name__}: {str(exc).splitlines()[0][:160] if str(exc) else ''}"


def counted(value: object) -> str:
    """An answer in a few words, nothing of its content."""
    if value is None:
        return "Nothing"
    if isinstance(value, int):
        return _rows(value)
    if isinstance(value, Sized) and not isinstance(value, str):
        return _rows(len(value))
    return "An answer came back"


def counted_others(value: object) -> str:
    """The same where one's own rows may be in it."""
    found = len(value) if isinstance(value, Sized) else 0
    return f"{_rows(found)}, none of theirs" if found else "0 rows"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
