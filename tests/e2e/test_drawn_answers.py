"""Answers as a browser draws them: markdown and code, and nothing that runs or jumps."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.test_chat import lengthen
from tests.support.served import Visitor
from tests.support.stack import Stack

Visit = Callable[..., Visitor]
MARKDOWN = """## A plan

| city | days |
|---|---|
| Oslo | 3 |

```python
print("<b>hello</b>")
```

The sum is $\\sum_{i=1}^{n} i = \\frac{n(n+1)}{2}$.

<script>document.title = "taken over"</script>
![what you said](http://127.0.0.1:9/secret.png)
"""
# As it was written, in its colours too.
CODE = 'st.page_link("a.py", icon=":material/home:")\nst.write(":red[x]")'
WITH_AN_ICON = f"So:\n\n```python\n{CODE}\n```\n\nThat is **all**, `:material/home:` too."


@pytest.fixture
def ana(visit: Visit) -> Visitor:
    visitor = visit()
    visitor.create_account()
    return visitor


def test_markdown_code_tables_and_mathematics_are_drawn_and_nothing_is_run(
    ana: Visitor, stack: Stack
) -> None:
    ana.say("Hello")
    lengthen(stack, ana, [("Show me", MARKDOWN), ("And an icon", WITH_AN_ICON)])
    ana.page.reload()
    plan = ana.messages.nth(3)
    expect(plan.locator("table")).to_contain_text("Oslo")
    expect(plan.locator("pre code")).to_have_text('print("<b>hello</b>")')
    expect(plan.locator(".katex").first).to_be_visible()
    expect(ana.answer.locator("pre code")).to_have_text(CODE)
    expect(ana.answer.locator("strong")).to_have_text("all")
    ana.picture("chat-markdown")
    assert "taken over" not in ana.page.title()
    assert [complaint for complaint in ana.complaints if "img-src" not in complaint] == []
    # The policy of the page lets the browser ask nobody else, so an answer can carry nothing out.
    assert "img-src" in "".join(ana.complaints)


def test_nothing_jumps_while_an_answer_is_written(ana: Visitor) -> None:
    for text in ("My name is Ana, I live in Lisbon and I like jazz.", "I work at Volvo."):
        ana.say(text)
    # What was remembered of the last one would stand above the next.
    expect(ana.answer).to_contain_text("User works at Volvo")
    ana.page.evaluate(
        """() => { globalThis.shift = 0; new PerformanceObserver((list) => {
          for (const entry of list.getEntries())
            if (!entry.hadRecentInput) globalThis.shift += entry.value;
        }).observe({type: "layout-shift", buffered: false}) }"""
    )
    ana.say("What do you know about me?")
    assert ana.page.evaluate("globalThis.shift") < 0.02
