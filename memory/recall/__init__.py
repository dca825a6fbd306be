"""Which memories an answer is given, and why.

Lives here: reading memories, rewriting the query, candidates, graph, rerank, floor and budget.
Offers: `Recaller`, `MemoryReader`, `memory_lines`.
Must never know: how an answer is asked for; it writes nothing.
"""
