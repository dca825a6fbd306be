"""What memories name, and how these things are related.

Lives here: entities, relations, when two names are one entity, neighbours of what a text names.
Offers: `Graph`, `resolve` for names of new memories.
Must never know: models; it is handed what a memory names.
"""
