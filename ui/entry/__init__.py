"""The script that Streamlit runs for every page, alone in its folder.

Lives here: `main`. Streamlit puts the folder of its script first on the path: beside it, ui/chat
would be taken for chat.
Offers: `main`. Must never know: what a page shows.
"""
