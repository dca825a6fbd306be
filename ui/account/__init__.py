"""Parts of the sign-in, sign-up and Account pages.

Lives here: forms, what they do at Auth, the second factor, access tokens, data, deletion.
Offers: what `pages/sign_in.py`, `pages/sign_up.py` and `pages/account.py` draw.
Must never know: conversations and memories, other than as data to take along.
"""
