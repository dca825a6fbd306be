"""Parts of the Memories page.

Lives here: the list and its rows, filters, selection, dialogs, files.
Offers: what `pages/memories.py` draws.
Must never know: SQL; how a memory is made.
"""
