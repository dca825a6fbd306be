"""What a person asks of memory in a message: to remember something, or to forget it.

Lives here: the words by which a model is asked (words.py, words.toml), and carrying out what it
reads (commands.py). Offers: `kinds_in`, `Commands`, `happened`. Must never know: pages, how
answers stream.
"""
