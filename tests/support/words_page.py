"""A Streamlit script that draws words from a file: `streamlit run words_page.py -- FILE`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import streamlit as st

from ui.elements.answer_markdown import draw_markdown
from ui.elements.markdown import as_text

wanted = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
for number, answer in enumerate(wanted["answers"]):
    with st.container(key=f"answer-{number}"):
        draw_markdown(st.empty(), answer)
for number, words in enumerate(wanted["words"]):
    with st.container(key=f"caption-{number}"):
        st.caption(as_text(words))
    with st.container(key=f"error-{number}"):
        st.error(as_text(words))
    with st.container(key=f"button-{number}"):
        st.button(as_text(words), key=f"press-{number}", help=as_text(words))
    with st.container(key=f"expander-{number}"):
        st.expander(as_text(words))
