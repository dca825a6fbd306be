"""What the processes that serve one database know of each other's answers.

Lives here: following an answer that another process writes, closing those of one that died.
From here one may import AnswerElsewhere and close_dead_answers. Never: whose page shows them.
"""
