"""What a browser shows of words that markdown or Streamlit would read as markup."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.stack import ROOT, free_port
from tests.support.waiting import PATIENCE_S

# Of an answer: what is written, and what is to be read.
ANSWERS = (
    (
        "営業時間は平日9時~17時、土日は10時~18時です。",
        "営業時間は平日9時~17時、土日は10時~18時です。",
    ),
    (
        "Board: 0.3~8 mm thick, 1.5~2 kg, costs ~5 to ~10 EUR.",
        "Board: 0.3~8 mm thick, 1.5~2 kg, costs ~5 to ~10 EUR.",
    ),
    (
        "See RFC:section[4], key:value{x}, priority:red[urgent], mail:nora@example.com, and type "
        ":100: or :material/home: literally.",
        "See RFC:section[4], key:value{x}, priority:red[urgent], mail:nora@example.com, and type "
        ":100: or :material/home: literally.",
    ),
    (
        ":smile: :+1: :streamlit: :material_home: :rainbow[x] :small[y] :help",
        ":smile: :+1: :streamlit: :material_home: :rainbow[x] :small[y] :help",
    ),
    ("colour:red and :blue-badge[new] at 10:30:45", "colour:red and :blue-badge[new] at 10:30:45"),
    (":::warning\nMind the gap.\n:::", ":::warning Mind the gap. :::"),
    (r"\:smile: and \~x~ and key\:red[x]", ":smile: and ~x~ and key:red[x]"),
    ("> 10:30 ~5~ :red[x]\n> -> next", "10:30 ~5~ :red[x] -> next"),
    ("See[^1].\n\n[^1]: note:red ~a~", "See1. Footnotes note:red ~a~ ↩"),
    ("::video[x]{y=z}", "::video[x]{y=z}"),
    (
        "a -> b, c <- d, e <-> f, 3 >= 2, 1 <= 2, x ~= y -- z",
        "a -> b, c <- d, e <-> f, 3 >= 2, 1 <= 2, x ~= y -- z",
    ),
    ("**A** -> *B* and `x`: 12:30", "A -> B and x: 12:30"),
    ("$5/kg or 10$/kg, and $HOME/$USER", "$5/kg or 10$/kg, and $HOME/$USER"),
    (
        "- first: `a:b:c` and :tada:\n- [at :home:](https://example.com/a~b~c:d:)",
        "first: a:b:c and :tada: at :home:",
    ),
    ("`:material/home:` and `:smile:`", ":material/home: and :smile:"),
    ("1. Run\n   ```sh\n   echo $A:$B ~x~ :smile:\n   ```", "Run echo $A:$B ~x~ :smile:"),
    (
        "```\n:material/home: :red[urgent] :smile: :streamlit: a -> b ~x~ $y$\n```",
        ":material/home: :red[urgent] :smile: :streamlit: a -> b ~x~ $y$",
    ),
    (
        "~~~md\nkey = ':material/home:'  # :blue-badge[new] :material_home:\n~~~",
        "key = ':material/home:' # :blue-badge[new] :material_home:",
    ),
    (
        "- Do:\n\n  ```py\n  st.page_link(icon=':material/home:')\n  ```",
        "Do: st.page_link(icon=':material/home:')",
    ),
    (
        "`:red[urgent]` and ``a `:blue[x]` b`` and `:+1:`",
        ":red[urgent] and a `:blue[x]` b and :+1:",
    ),
    ("So:\n\n    :material/home: and :red[x]", "So: :material/home: and :red[x]"),
    ("| a | `:material/home:` |\n|---|---|\n| `:red[x]` | `b` |", "a :material/home: :red[x] b"),
    ("So:\n\n    x = a ~ b:c $d", "So: x = a ~ b:c $d"),
    ('Use <span style="color:red">$5</span>', 'Use <span style="color:red">$5</span>'),
    ("<div>\na:b ~c~ $5\n</div>", "<div> a:b ~c~ $5 </div>"),
    (
        "See https://example.com/~nora:8080/a_b and <https://x.org/~a:b>",
        "See https://example.com/~nora:8080/a_b and https://x.org/~a:b",
    ),
    ("| when | what |\n|:--:|:---|\n| 9:00:00 | a ~ b -> c |", "when what 9:00:00 a ~ b -> c"),
)
# Of anybody: to be read exactly so.
WORDS = (
    "~~gone~~ and ~5 to ~10",
    ":red[urgent] :material/home: :smile: :streamlit: :help[x]",
    "$x^2$ costs $5",
    "# not a title",
    "- not a list",
    "1. not a list",
    "2024) nor this",
    "> no quote",
    "**bold** _it_ `code` [a](https://example.com) ![b](c)",
    "AT&amp;T &lt;b&gt; <b>x</b> <https://x.org>",
    r"C:\new\*file* a\_b",
    "https://example.com/a_b:c:~d and www.x_y.org/*z*",
    "a -> b -- c >= d",
    "==> ::video[x] :::note",
    "===",
    "[ ] to do",
    "[^1] foot | note | x",
    "snake_case_name and __init__.py",
)
# What markdown draws, of which none may be there.
DRAWN = (
    "del, em, strong, code, h1, h2, h3, li, blockquote, hr, .katex, img, [role=img], "
    ".stMarkdownColoredText, .stMarkdownBadge"
)
# Of an answer that means markdown: what is drawn of it.
MEANT = (
    ("**bold**, *it* and ~~gone~~", ("strong", "em", "del")),
    ("# Plan\n\n1. one\n2. two\n   - deep: `a:b`", ("h1", "ol > li", "ul > li", "code")),
    ("| a | b |\n|--:|:--|\n| 1:2 | ~3 |", ("table", "th", "td")),
    ("[docs](https://example.com/a~b_(c):d) and https://example.org", ("a",)),
    (r"So \(x^2\), $y_1$ and" + "\n\n$$\nz = 3:4\n$$", (".katex",)),
    (r"\[ a \ge b \]", (".katex",)),
    ("> a quote\n\n---\n\n- [ ] to do", ("blockquote", "hr", "input[type=checkbox]")),
    ("```python\nx: int = 1  # ~a~\n```", ("[data-testid=stCode]",)),
)


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("words")
    names = {"answers": [answer for answer, _ in (*ANSWERS, *MEANT)], "words": WORDS}
    (folder / "words.json").write_text(json.dumps(names), encoding="utf-8")
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "tests/support/words_page.py"]
    command += ["--server.headless", "true", "--server.port", str(port), "--server.address"]
    command += ["127.0.0.1", "--", str(folder / "words.json")]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health")
        shown = browser.new_page()
        shown.goto(f"http://127.0.0.1:{port}/")
        idle = "[data-testid=stApp][data-test-script-state=notRunning]"
        expect(shown.locator(idle)).to_have_count(1)
        # The plug-ins for emoji and mathematics come when something asks for them.
        expect(shown.get_by_test_id("stSkeleton")).to_have_count(0)
        yield shown
        shown.close()
    finally:
        server.terminate()
        server.wait(PATIENCE_S)


def wait_for(address: str) -> None:
    give_up_at = time.monotonic() + 30
    while time.monotonic() < give_up_at:
        try:
            urllib.request.urlopen(address, timeout=2).close()  # noqa: S310
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the page did not start")


def read(page: Page, key: str) -> str:
    return " ".join(page.locator(f".st-key-{key}").inner_text().split())


@pytest.mark.parametrize("number", range(len(ANSWERS)))
def test_an_answer_reads_as_it_was_written(page: Page, number: int) -> None:
    assert read(page, f"answer-{number}") == ANSWERS[number][1]
    marks = "del, .katex, [role=img], img, .stMarkdownColoredText, .stMarkdownBadge"
    assert page.locator(f".st-key-answer-{number}").locator(marks).count() == 0


@pytest.mark.parametrize("place", ["caption", "error", "button", "expander"])
@pytest.mark.parametrize("number", range(len(WORDS)))
def test_words_in_labels_and_sentences_read_as_they_were_written(
    page: Page, place: str, number: int
) -> None:
    drawn = page.locator(f".st-key-{place}-{number}").get_by_test_id(
        "stCaptionContainer" if place == "caption" else "stMarkdownContainer"
    )
    assert drawn.first.inner_text() == WORDS[number]
    assert drawn.locator(DRAWN).count() == 0


@pytest.mark.parametrize("number", range(len(MEANT)))
def test_markdown_that_is_meant_is_drawn(page: Page, number: int) -> None:
    shown = page.locator(f".st-key-answer-{len(ANSWERS) + number}")
    for element in MEANT[number][1]:
        expect(shown.locator(element).first).to_be_visible()


def test_links_lead_where_they_say(page: Page) -> None:
    links = page.locator(f".st-key-answer-{len(ANSWERS) + 3} a")
    assert [link.get_attribute("href") for link in links.all()] == [
        "https://example.com/a~b_(c):d",
        "https://example.org",
    ]
