"""How anything reaches Postgres.

Lives here: the pool, transactions bound to one person, SQL in files, migrations, the catalog.
Offers: `Database`, `Binding`, `sql.load`, `personal_tables`.
Must never know: what a memory, a message or a page is.
"""
