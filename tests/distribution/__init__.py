"""The package that `pip install .` makes."""
