"""Benches: `python -m bench.NAME --json` each; see docs and bench/RESULTS.md."""
