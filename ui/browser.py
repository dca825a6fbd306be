"""Asks the browser to POST to one of our own routes, without a reload.

So a script gets a cookie set, which only a response can do.
"""

from __future__ import annotations

import streamlit as st

# `seen` outlives reruns, so an order is carried out once however often it is drawn.
_SCRIPT = """
const seen = globalThis.__keepsakePosts ??= new Set();
async function post(url, body) {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      await fetch(url, {method: 'POST', body, credentials: 'same-origin', keepalive: true});
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 500 * (attempt + 1)));
    }
  }
}
export default function ({data}) {
  if (!data?.url || seen.has(data.id)) return;
  seen.add(data.id);
  post(data.url, data.body ?? '');
}
"""


def post_once(url: str, body: str, order: str) -> None:
    """POST `body` to `url`, once for each `order`, from the browser that shows this page."""
    component = st.components.v2.component("keepsake_post", html="<i hidden></i>", js=_SCRIPT)
    component(data={"url": url, "body": body, "id": order}, key=f"post-{order}")
