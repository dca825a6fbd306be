"""The proof that accounts are kept apart, made anew for whoever asks.

Lives here: attempts by every way in, the policies in words, throw-away accounts, the demonstration.
Offers: `check`, `Demonstration`, `rules`, `sweep`.
Must never know: pages. It attacks accounts that it made itself, and no other.
"""
