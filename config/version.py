"""Which Keepsake this is."""

# Also in pyproject.toml and, with what changed, in CHANGELOG.md.
VERSION = "0.1.0"
