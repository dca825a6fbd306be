"""How `pip install .` makes one importable name, `keepsake`, of the folders of this one.

Lives here: the hook of the build tool, what it changes in each file, and what the package offers.
Nothing imports from here but the build and its tests. Must never know: what the files do.
"""
