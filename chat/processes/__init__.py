"""What the processes that serve one database know of each other's answers.

Lives here: following an answer that another process writes, closing those of one that died,
letting go of what old ones were given. From here one may import AnswerElsewhere,
close_dead_answers and prune_receipts. Never: whose page shows them.
"""
