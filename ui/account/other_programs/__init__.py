"""Programs of others that use a person's memories, on the Account page and on the consent page.

Lives here: access tokens, the yes or no to a program that signs in by itself, and how each ends.
Offers: what `pages/account.py` and `pages/consent.py` draw.
Must never know: conversations and memories.
"""
