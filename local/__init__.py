"""The embedded stack: Postgres, Auth and the demo model, started by `python -m local`."""
