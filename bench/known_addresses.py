"""Whether the pages tell, by words or by time, which addresses have an account.

Sign-in with a wrong password, sign-up, codes asked for and tried, on the local stack with mailed
confirmation: each in turn with an address that has an account and one that has none.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from typing import Any

from streamlit.testing.v1 import AppTest

from auth.client import AuthClient
from bench.lib.report import Section, at_least, finish, load, parser
from tests.support.auth_cast import PASSWORD, mailed_code, new_email
from tests.support.stack import Stack, running_stack
from tests.support.tab import APP, field, go_to, press
from tests.support.tab import sign_in as enter
from ui import resources as shared

KNOWN = 21
Way = Callable[[str], tuple[float, str]]


def _tab() -> AppTest:
    return AppTest.from_file(str(APP), default_timeout=60).run()


def _pressed(tab: AppTest, label: str, email: str) -> tuple[float, str]:
    """How long it took, in ms, and what is shown then, without the address."""
    start = time.perf_counter()
    press(tab, label)
    took_ms = (time.perf_counter() - start) * 1000
    if tab.exception:
        raise RuntimeError(tab.exception[0].message)
    boxes = (*tab.error, *tab.info, *tab.success, *tab.subheader, *tab.button)
    words = "\n".join(str(getattr(box, "value", "") or box.label) for box in boxes)
    return took_ms, words.replace(email, "ADDRESS")


def sign_in(email: str) -> tuple[float, str]:
    tab = go_to(_tab(), "sign_in.py")
    field(tab, "Email").set_value(email)
    field(tab, "Password").set_value("wrong horse")
    return _pressed(tab, "Sign in", email)


def sign_up(email: str) -> tuple[float, str]:
    tab = go_to(_tab(), "sign_up.py")
    field(tab, "Email").set_value(email)
    field(tab, "Password").set_value("another horse")
    return _pressed(tab, "Create account", email)


def _asking(link: str) -> Callable[[str], AppTest]:
    def asking(email: str) -> AppTest:
        tab = press(_tab(), link)
        field(tab, "Email").set_value(email)
        return tab

    return asking


def _ask(link: str) -> Way:
    asking = _asking(link)
    return lambda email: _pressed(asking(email), "Mail me a code", email)


def _try(link: str, button: str, *more: str) -> Way:
    """A wrong code, where one was asked for; `more` are fields that want a password."""
    asking = _asking(link)

    def attempt(email: str) -> tuple[float, str]:
        tab = press(asking(email), "Mail me a code")
        field(tab, "Code from the mail").set_value("000000")
        for label in more:
            field(tab, label).set_value("another horse")
        return _pressed(tab, button, email)

    return attempt


class Changes:
    """Somebody who is signed in wants such an address from now on."""

    def __init__(self) -> None:
        self._tab: AppTest | None = None

    def begin(self, email: str) -> None:
        """Sign in, once for all tries."""
        self._tab = enter(_tab(), email)

    def __call__(self, email: str) -> tuple[float, str]:
        if self._tab is None:
            raise RuntimeError("nobody is signed in")
        go_to(self._tab, "account.py")
        field(self._tab, "New email address").set_value(email)
        field(self._tab, "Password of your account").set_value(PASSWORD)
        found = _pressed(self._tab, "Mail me the codes", email)
        press(self._tab, "Not now")
        return found


CHANGES = Changes()
WAYS: dict[str, Way] = {
    "sign-in": sign_in,
    "sign-up": sign_up,
    "code asked for": _ask("Mail me a code instead"),
    "code tried": _try("Mail me a code instead", "Use this code"),
    "reset asked for": _ask("Forgot password?"),
    "reset tried": _try("Forgot password?", "Set password and sign in", "New password"),
    "change of address": CHANGES,
}


def measure(stack: Stack, tries: int, ways: Sequence[str]) -> dict[str, Any]:
    os.environ.update(stack.environ)
    shared.close()
    auth = AuthClient(stack.settings.supabase_url, stack.settings.supabase_key)
    somebody, *others = _accounts(stack, auth)
    known = cycle(others)
    CHANGES.begin(somebody)
    found = {}
    for name in ways:
        took: dict[bool, list[float]] = {True: [], False: []}
        shown: dict[bool, set[str]] = {True: set(), False: set()}
        for number in range(2 * tries):
            has_account = number % 2 == 0
            took_ms, words = WAYS[name](next(known) if has_account else new_email("nobody"))
            took[has_account].append(took_ms)
            shown[has_account].add(words)
            stack.execute("postgres", "delete from private.attempts")
        found[name] = {
            "known_p50_ms": round(statistics.median(took[True]), 1),
            "unknown_p50_ms": round(statistics.median(took[False]), 1),
            "guessed_right": round(guessed_right(took[True], took[False]), 3),
            "same_words": shown[True] == shown[False],
        }
    return found


def _accounts(stack: Stack, auth: AuthClient) -> Iterator[str]:
    for number in range(KNOWN):
        email = new_email(f"known{number}")
        auth.sign_up(email, PASSWORD)
        auth.confirm_sign_up(email, mailed_code(stack, email))
        yield email


def guessed_right(one: Sequence[float], other: Sequence[float]) -> float:
    """Of pairs of times, how many tell which is which to who knows which kind is slower: 0.5 to 1.

    The area under the ROC curve, ties halved.
    """
    slower = sum((a > b) + 0.5 * (a == b) for a in one for b in other)
    share = slower / (len(one) * len(other))
    return max(share, 1 - share)


def _names(listed: str) -> list[str]:
    names = [name.strip() for name in listed.split(",")]
    if unknown := set(names) - set(WAYS):
        raise argparse.ArgumentTypeError(f"no such way: {', '.join(sorted(unknown))}")
    return names


def report(options: argparse.Namespace) -> dict[str, Any]:
    with running_stack("--confirm") as stack:
        found = measure(stack, options.tries, options.ways)
        shared.close()
    settings = {"tries": options.tries, "load_average": load()}
    return {"bench": "known_addresses", "ours": found, "peers": {}, "settings": settings}


def section(result: dict[str, Any]) -> Section:
    """The result for people."""
    head = (
        "| what is done | with an account, p50 ms | without, p50 ms | guessed right | same words |"
    )
    lines = [head, "|---|---|---|---|---|"]
    lines += [
        f"| {name} | {one['known_p50_ms']} | {one['unknown_p50_ms']} | {one['guessed_right']:.0%} |"
        f" {'yes' if one['same_words'] else 'no'} |"
        for name, one in result["ours"].items()
    ]
    data = f"{result['settings']['tries']} tries each, in turn"
    return Section("known_addresses", data, "\n".join(lines))


def main(argv: Sequence[str] | None = None) -> None:
    made = parser(__doc__)
    made.add_argument("--tries", type=at_least(1), default=200, help="of each kind (200)")
    made.add_argument(
        "--ways", type=_names, default=list(WAYS), help=f"some of: {','.join(WAYS)} (all)"
    )
    options = made.parse_args(argv)
    measured = report(options)
    finish(options, measured, section(measured))


if __name__ == "__main__":
    main()
