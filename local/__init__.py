"""The embedded stack: PostgreSQL with pgvector, Supabase Lite, the models, one launcher.

The app knows nothing of this package: it reads its settings from the environment, which the
launcher fills.
"""
