"""How people who used mem0 by itself move in.

Lives here: the command that brings a database up to date, and with it takes over a collection that
mem0's `supabase` store made; what belongs to no account is put aside, and can be given to one.
Must never know: conversations, pages, how a memory is extracted or found.
"""
