"""Where memories lie: the vecs collections, and what mem0 is given instead of its own.

Lives here: the collections and the proof of their protection, mem0's store and history.
Offers: `ensure_collection`, `prove_protection`, `MemoryStore`, `History`, `search_params`.
Must never know: what a memory says or why it is kept.
"""
