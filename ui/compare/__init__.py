"""Parts of the Compare page.

Lives here: answers side by side while they are written, and the memories that one was given.
Offers: what `pages/compare.py` draws.
Must never know: how an answer is made.
"""
