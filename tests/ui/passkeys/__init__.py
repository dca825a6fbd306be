"""Passkeys on the pages, against replies as hosted Auth gives them, with a passkey in software in
the place of the browser's.
"""
