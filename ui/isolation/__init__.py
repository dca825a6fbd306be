"""Parts of the Isolation page.

Lives here: making the check and showing it, the demonstration, attempts at the app's own addresses.
Offers: what `pages/isolation.py` draws.
Must never know: how an attempt in SQL is made.
"""
