"""What stands around every page.

Lives here: navigation, the sidebar with the list of conversations, failures in words, undo.
Offers: what `ui/entry/main.py` draws, and `require_shell`'s answer.
Must never know: what a page shows.
"""
