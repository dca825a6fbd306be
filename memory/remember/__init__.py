"""From a message to what is kept of it.

Lives here: the gate, extraction, checking facts against what was said, judging, writing.
Offers: `Rememberer`, `add_verbatim`.
Must never know: pages, answers; which worker calls it.
"""
