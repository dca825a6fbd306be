"""Mathematics and money in answers."""

from __future__ import annotations

import pytest

from ui.elements.markdown import as_markdown, beginning


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("It costs $5 and $10.", r"It costs \$5 and \$10."),
        ("It costs $5.", r"It costs \$5."),
        ("From $1,000 to $2,000 a year", r"From \$1,000 to \$2,000 a year"),
        ("So $x = 2$ holds.", "So $x = 2$ holds."),
        ("So $2x+1$ holds.", "So $2x+1$ holds."),
        (r"So \(x^2\) and \[ y = 1 \]", "So $x^2$ and $$y = 1$$"),
        ("$$\na = b\n$$", "$$\na = b\n$$"),
        (r"Already \$5", r"Already \$5"),
        ("`echo $HOME` costs $5", r"`echo $HOME` costs \$5"),
        ("```sh\necho $A $B \\(x\\)\n```\n$5", "```sh\necho $A $B \\(x\\)\n```\n\\$5"),
        ("```sh\necho $A", "```sh\necho $A"),
        ("$x$ costs $3 each", r"$x$ costs \$3 each"),
        ("", ""),
    ],
)
def test_mathematics_stays_and_money_is_money(answer: str, shown: str) -> None:
    assert as_markdown(answer) == shown


@pytest.mark.parametrize(
    ("so_far", "shown"),
    [
        ("What I know:\n-", "What I know:"),
        ("What I know:\n- ", "What I know:"),
        ("What I know:\n\n  --", "What I know:\n"),
        ("Sum\n=", "Sum"),
        ("What I know:\n- You", "What I know:\n- You"),
        ("5 - 3 -", "5 - 3 -"),
        ("It costs $5\n-", r"It costs \$5"),
        ("-", "-"),
    ],
)
def test_a_dash_that_nothing_follows_yet_makes_no_heading(so_far: str, shown: str) -> None:
    assert beginning(so_far) == shown


def test_a_long_answer_of_odd_signs_takes_no_time() -> None:
    assert len(as_markdown("$ " * 50_000)) == 150_000
    assert as_markdown("\\[" * 20_000) == "\\[" * 20_000
    assert as_markdown("`" * 50_001) == "`" * 50_001
    assert beginning("\n-" * 50_000) == "\n-" * 49_999
