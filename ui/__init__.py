"""Everything that is drawn, by page and part; the only place, with `pages/`, that knows Streamlit.

Lives here: the shell around every page, the session of a tab, parts of pages in rooms of their own.
Offers: `gate.require_session` to pages, `main` to the app.
Must never know: SQL, prompts, tokens.
"""
