"""One question, answered without memory and with it, side by side.

Lives here: the two answers, questions to try, what differs sentence by sentence.
Offers: `Comparisons`, `sample questions`, the differences.
Must never know: pages; it saves no answer.
"""
