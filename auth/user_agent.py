"""Which browser on which system it is, in words, from what the browser says of itself.

Made of fixed words only, so nothing of what was sent is kept.
"""

from __future__ import annotations

# By the first mark that is there: those that name others as well come before them.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)


def browser_words(user_agent: str | None) -> str | None:
    """Such as "Firefox on Windows"; None where neither is known."""
    said = user_agent or ""
    browser = next((word for mark, word in _BROWSERS if mark in said), None)
    system = next((word for mark, word in _SYSTEMS if mark in said), None)
    if browser and system:
        return f"{browser} on {system}"
    if system:
        return f"A browser on {system}"
    return browser
