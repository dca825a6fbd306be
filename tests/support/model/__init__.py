"""A small deterministic model server for tests: `python -m tests.support.model --port 0`.

OpenAI-compatible. Its words follow from the request by a plain pattern or two, its embeddings are
the real ones, and it fails when it is asked to. Nothing of the product may import it.
"""
