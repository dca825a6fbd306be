"""The chat in a terminal: `python -m memory.terminal`.

Lives here: signing in, the shell and its commands, what memory did, told below an answer.
Offers: `main`.
Must never know: Streamlit. It is a page without a browser.
"""
