"""Passkeys on the sign-in page and on the Account page.

Lives here: what is drawn and what is done.
Offers: what `pages/sign_in.py` and `pages/account.py` draw.
Must never know: conversations and memories.
"""
