"""The tree of errors as it is drawn in errors.py."""

from __future__ import annotations

import errors


def subclasses(of: type[Exception]) -> list[type[Exception]]:
    return [one for child in of.__subclasses__() for one in (child, *subclasses(child))]


def test_the_tree_shows_every_error_below_its_parent() -> None:
    lines = (errors.__doc__ or "").splitlines()
    drawn = [line for line in lines if "── " in line]
    depths = {line.split("── ")[1].split()[0]: line.index("── ") // 4 for line in drawn}
    of_ours = [one for one in subclasses(errors.KeepsakeError) if one.__module__ == "errors"]
    depth_of = {one.__name__: len(one.__mro__) for one in of_ours}
    shallowest = min(depth_of.values())
    assert depths == {name: depth - shallowest for name, depth in depth_of.items()}
