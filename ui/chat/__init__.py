"""Parts of the Chat page.

Lives here: turns and the buttons below them, the note of what was remembered, the bar, drafts.
Offers: what `pages/chat.py` draws.
Must never know: how an answer or a memory is made.
"""
