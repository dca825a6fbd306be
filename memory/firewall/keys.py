"""Keys and tokens of services, known by their form, and passwords inside a connection's address.

A name and password inside a web address are left to `links`.
"""

from __future__ import annotations

import re

# The plugins of detect-secrets 1.5.0 were measured in place of these: on bench.firewall they miss
# one more of 54 credentials of the development part (the other parts are the same), take 0.077 ms a
# text instead of 0.064, and know neither Google's nor Hugging Face's keys; besides these they find
# nothing more. Its keyword plugin in place of the labels in `credentials` finds 83 % of the
# development part's attacks instead of 99.6; its entropy plugins double the false alarms.
_KEY = re.compile(
    r"(?<![\w-])(?:"
    r"sk-[\w-]{20,}|[srp]k_(?:live|test)_\w{10,}|whsec_\w{16,}|(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,}"
    r"|AIza[\w-]{30,}|ya29\.[\w-]{20,}|eyJ[\w-]{8,}\.[\w-]{8,}|SG\.[\w-]{16,}\.[\w-]{16,}"
    r"|hf_\w{20,}|npm_\w{30,}|pypi-[\w-]{40,}|AGE-SECRET-KEY-\w{20,}|\d{8,10}:[\w-]{35}"
    r"|sb_secret_\w{16,}|[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27}|[0-9a-f]{32}-us\d{1,2}\b"
    r"|sq0[a-z]{3}-[\w-]{22,}|SK[0-9a-f]{32}\b|AKC\w{40,}|AccountKey=[\w+/]{40,})"
    r"|-----BEGIN [A-Z ]{0,30}PRIVATE KEY"
)
# Any scheme but the web's: a database, a queue.
_CONNECTION = re.compile(
    r"(?<![\w+.-])(?!https?:|ftp:|wss?:)[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{0,64}:[^\s@]{1,128}@",
    re.IGNORECASE,
)


def holds_key(text: str) -> bool:
    return _KEY.search(text) is not None or _CONNECTION.search(text) is not None
