"""Which pages may open a websocket: those that this app has served, whatever a proxy makes of Host.

Where Host and the page's address differ, the browser itself tells: of a request that the page made
before, it says that it was sent to where the page comes from (Sec-Fetch-Site), and which page it is
(Referer). That is believed of this browser alone, known by a cookie that no page can read.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping

from starlette.requests import cookie_parser

from auth.routes import BROWSER_COOKIE
from auth.same_origin import is_same_origin, origin_of
from ui.troubles import troubles

MOST_BROWSERS = 10_000
_READABLE = re.compile(r"[\w.:/\[\]-]{1,200}")


class OwnPages:
    """What browsers have said so far. For one event loop."""

    def __init__(self, public_origins: Callable[[], frozenset[str]]) -> None:
        self._public_origins = public_origins
        self._seen: OrderedDict[tuple[str, str], None] = OrderedDict()

    def learn(self, headers: Mapping[str, str]) -> None:
        """From a request over HTTP: at which origin its browser shows this app."""
        browser = _browser(headers)
        origin = origin_of(headers.get("referer", ""))
        if headers.get("sec-fetch-site") != "same-origin" or not browser or not origin:
            return
        self._seen[browser, origin] = None
        self._seen.move_to_end((browser, origin))
        if len(self._seen) > MOST_BROWSERS:
            self._seen.popitem(last=False)

    def allow(self, headers: Mapping[str, str]) -> bool:
        """Whether this websocket is opened by one of our pages, or by a program; says why not."""
        if is_same_origin(headers, self._public_origins()) in (True, None):
            return True
        origin = headers.get("origin", "").lower()
        if (_browser(headers), origin) in self._seen and "sec-fetch-site" not in headers:
            return True
        troubles.note("websocket", _refusal(origin, headers.get("host", "")))
        return False


def _browser(headers: Mapping[str, str]) -> str:
    return cookie_parser(headers.get("cookie", "")).get(BROWSER_COOKIE, "")


def _refusal(origin: str, host: str) -> str:
    shown = [one if _READABLE.fullmatch(one) else "an odd address" for one in (origin, host)]
    return (
        f"A page at {shown[0]} was refused, because requests come here as for {shown[1]}. If that"
        " page is Keepsake's own, let the proxy pass the Host header on unchanged, port and all"
        " (nginx: proxy_set_header Host $http_host), or set PUBLIC_URL to the page's address."
    )
