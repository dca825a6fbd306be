"""The worker as a process of its own: `python -m memory.worker`.

Lives here: its start, what it says while it works, its end. Offers: `main`.
Must never know: pages and sessions. What it does is chat/memory_worker.py, as in the app.
"""
