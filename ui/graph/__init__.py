"""Parts of the Graph page.

Lives here: the picture of a graph, and what a click in it means.
Offers: what `pages/graph.py` draws.
Must never know: how the graph is kept.
"""
