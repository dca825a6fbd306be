"""What a person does with their memories by hand.

Lives here: browsing, editing, merging, forgetting, undo, accepting, files, a memory's history.
Offers: `Catalogue`, `Editor`, `Merger`, `Forgetter`, `TurnUndo`, `Importer`, `Exporter`.
Must never know: pages; how a memory is extracted from a message.
"""
