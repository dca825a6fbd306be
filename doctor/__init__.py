"""Looks at a configuration from outside in: `make doctor`, or `python -m doctor`.

Lives here: checks of the Supabase project, the database and the models, each with what to do.
Offers: `examine`, which gives findings. Must never know: pages, or what is in a memory.
"""
