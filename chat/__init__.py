"""Conversations and the turn: from a message to a saved answer and a turn that is remembered.

Lives here: short-term memory, answers being written, versions, titles, attachments, the worker.
Offers: `Chat` for a turn, `Conversations` for what was said, `Worker` for what is to be remembered.
Must never know: pages, cookies, who is signed in: it is handed a user id.
"""
