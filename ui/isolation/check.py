"""The check on the Isolation page: making it, and showing what came of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from html import escape

import streamlit as st

from auth.sessions import Session
from errors import KeepsakeError
from isolation.api_attempts import DataApi
from isolation.attempt import Attempt
from isolation.check import AFTERWARDS, Count, Report, check
from isolation.platform_attempts import PATH as PLATFORM
from isolation.policies import rules
from isolation.sql_attempts import LIMITS
from ui.elements.assets import style
from ui.elements.markdown import as_text
from ui.isolation.route_attempts import route_trials
from ui.resources import resources
from ui.tab_state import Slot

VERDICTS = {True: "✓ Refused", False: "✗ Got through", None: "○ Not tried"}
OF_PATH = {
    AFTERWARDS: {True: "✓ Unchanged", False: "✗ Changed", None: "○ Not tried"},
    LIMITS: {True: "✓ Refused", False: "✗ Got through", None: "○ No wall"},
}
ABOUT_PLATFORM = (
    "Memories are not in the database here: mem0's hosted platform keeps them, and knows no "
    "policies. This app asks it with one key for everybody, and names you in each request; the "
    "platform hands out what it is asked for. So people are kept apart there by that name alone. "
    "What this app adds: it looks at whom each reply names, and refuses a reply that names anybody "
    "else, or nobody. Whoever has the key can read everybody's memories there."
)
ABOUT_LIMITS = (
    "The policies stop code of the app that forgets a filter. They are no wall against somebody "
    "who could put SQL of their own into the app's connection to the database: it could name "
    "another person. Against that stands that no SQL in this app is put together from what people "
    "write: statements are fixed, and values are sent apart from them."
)
LEARNT = (
    "“In all” counts the rows of everybody, the throw-away account included. These numbers are all "
    "that this page learns about others."
)


def _no_report() -> Report | None:
    return None


REPORT = Slot("_isolation_report", _no_report)


def make_check(session: Session) -> None:
    """Check now, with progress; the report is kept in this tab."""
    found = resources()
    bar = st.progress(0.0, text="Making a throw-away account…")
    shown = ""

    def progress(done: int, total: int, path: str) -> None:
        nonlocal shown
        if path != shown:
            shown = path
            bar.progress(done / total, text=as_text(f"{path}…"))

    try:
        settings = found.settings
        token = found.sessions.access_token(session)
        report = check(
            found.engine,
            session.user_id,
            api=DataApi(settings.supabase_url, settings.supabase_key, token),
            more=lambda decoy: route_trials(session, decoy),
            progress=progress,
        )
    except KeepsakeError as exc:
        REPORT.clear()
        st.error(as_text(exc.user_message))
    else:
        REPORT.set(report)
    bar.empty()


def draw_report(report: Report) -> None:
    """What came of it in a line, then the rows, then each way."""
    st.html(style("isolation_check.css"))
    st.header("The check", anchor=False)
    if report.got_through:
        st.error(
            f"**{len(report.got_through)} of {report.judged} attempts got through.** "
            "Please tell whoever runs this place, and do not write anything personal until then.",
            icon=":material/gpp_bad:",
        )
    else:
        st.success(
            f"**{report.judged} attempts, {report.held} refused**, in {report.took_s:.1f} seconds.",
            icon=":material/verified_user:",
        )
    _draw_counts(report.counts)
    st.subheader("What was tried", anchor=False)
    by_path: defaultdict[str, list[Attempt]] = defaultdict(list)
    for attempt in report.attempts:
        by_path[attempt.path].append(attempt)
    for path, attempts in by_path.items():
        _draw_path(path, attempts)


def draw_rules(session: Session) -> None:
    """The policies as the database has them, read anew at each click."""
    with st.expander("The policies, word for word", icon=":material/policy:"):
        tables = rules(resources().database, session.user_id)
        st.code("\n\n".join(one.text for one in tables), language="sql", wrap_lines=True)


def _draw_path(path: str, attempts: list[Attempt]) -> None:
    judged = [attempt for attempt in attempts if attempt.held is not None]
    held = sum(attempt.held is True for attempt in judged)
    failed = held < len(judged)
    if judged:
        label = f"{as_text(path)} · {held} of {len(judged)} held"
        icon = ":material/error:" if failed else ":material/check_circle:"
    else:
        label, icon = as_text(path), ":material/info:"
    with st.expander(label, icon=icon, expanded=failed):
        if path == LIMITS:
            st.write(ABOUT_LIMITS)
        if path == PLATFORM:
            st.write(ABOUT_PLATFORM)
        st.html(f'<ul class="ks-attempts">{"".join(map(_row, _worst_first(attempts)))}</ul>')


def _worst_first(attempts: Iterable[Attempt]) -> list[Attempt]:
    return sorted(attempts, key=lambda attempt: attempt.held is not False)


def _row(attempt: Attempt) -> str:
    verdict = OF_PATH.get(attempt.path, VERDICTS)[attempt.held]
    kind = " ks-through" if attempt.held is False else ""
    return (
        f'<li><span class="ks-verdict{kind}">{verdict}</span><span>{escape(attempt.what)}</span>'
        f'<span class="ks-said">{escape(attempt.said)}</span></li>'
    )


def _breakable(name: str) -> str:
    """A name that may go on in the next line after a dot or an underscore, and nowhere else."""
    return escape(name).replace(".", ".<wbr>").replace("_", "_<wbr>")


def _draw_counts(counts: Iterable[Count]) -> None:
    st.subheader("What the database shows you", anchor=False)
    rows = "".join(
        f'<tr><th scope="row">{_breakable(one.table)}</th><td>{one.seen:,}</td>'
        f"<td>{one.theirs:,}</td><td>{one.in_all:,}</td></tr>"
        for one in counts
    )
    head = "".join(
        f'<th scope="col">{name}</th>' for name in ("Table", "You see", "Throw-away", "In all")
    )
    st.html(f'<table class="ks-counts"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>')
    st.caption(LEARNT)
