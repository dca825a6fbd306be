"""Where embeddings are made elsewhere, no text of a memory that stays inside is sent there, and it
is found by its words alone.
"""
