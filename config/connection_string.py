"""PostgreSQL's connection string: what people copy, made into what the driver takes."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlencode

# As SQLAlchemy reads a connection string, but with a password up to the last @.
_CONNECTION_STRING = re.compile(
    r"postgres(?:ql)?(?:\+psycopg2)?://(?P<rest>(?:(?P<user>[^:/@]*)(?::(?P<password>.*))?@)?"
    r"(?P<host>\[[^]]*\]|[^:/?@]*)(?::(?P<port>[^/?]*))?(?P<database>/[^?]*)?)(?:\?(?P<query>.*))?",
    re.DOTALL,
)
# What libpq takes behind the `?`. Tools for other drivers add names of their own, such as
# pgbouncer, connection_limit or schema; libpq refuses to connect with a name that it does not know.
_LIBPQ_OPTIONS = (
    "application_name channel_binding client_encoding connect_timeout dbname"
    " fallback_application_name gssdelegation gssencmode gsslib host hostaddr keepalives"
    " keepalives_count keepalives_idle keepalives_interval krbsrvname load_balance_hosts options"
    " passfile password port replication require_auth requirepeer service ssl_max_protocol_version"
    " ssl_min_protocol_version sslcert sslcertmode sslcompression sslcrl sslcrldir sslkey sslmode"
    " sslnegotiation sslpassword sslrootcert sslsni target_session_attrs tcp_user_timeout user"
)
LIBPQ_OPTIONS = frozenset(_LIBPQ_OPTIONS.split())
_SSLMODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def for_driver(given: str) -> tuple[str, str | None]:
    """The string as SQLAlchemy and libpq take it, and what is wrong with it, as the end of a
    sentence; None if nothing is seen.
    """
    match = _CONNECTION_STRING.fullmatch(given)
    if match is None:
        return given, "is not a postgresql:// connection string"
    options = _libpq_options(match["query"] or "")
    query = f"?{urlencode(options)}" if options else ""
    # SQLAlchemy 2.1 reads postgresql:// as psycopg 3, on which vecs 0.4.5 fails on every query.
    return f"postgresql+psycopg2://{match['rest']}{query}", _mistake(match, options)


def _libpq_options(query: str) -> list[tuple[str, str]]:
    """What stands behind the `?` of a connection string, as far as libpq knows it."""
    given = parse_qsl(query)
    kept = [(name, value) for name, value in given if name in LIBPQ_OPTIONS]
    # Other drivers' word for TLS must not be dropped: the connection would go without.
    demands_tls = dict(given).get("ssl", "").lower() in ("true", "1", "require")
    if demands_tls and "sslmode" not in dict(kept):
        kept.append(("sslmode", "require"))
    return kept


def _mistake(match: re.Match[str], options: list[tuple[str, str]]) -> str | None:
    """What is wrong with a connection string: the end of a sentence, None if nothing is seen."""
    user, password, port = unquote(match["user"] or ""), match["password"] or "", match["port"]
    host, option = match["host"], dict(options)
    if re.fullmatch(r"\[.*\]|<.*>", password) or "your-password" in password.lower():
        return "still holds the placeholder for the password; put the database's password there"
    if "@" in password:
        return "has an @ in the password, which has to be written as %40"
    if re.search(r"%(?![0-9A-Fa-f]{2})", password):
        return "has a % in the password, which has to be written as %25"
    if port and not port.isdigit():
        return (
            "names a port that is no number; a :, / or ? in the password has to be written"
            " as %3A, %2F or %3F"
        )
    if port and not 1 <= int(port) <= 65_535:
        return "names a port that does not exist; it is a number from 1 to 65535"
    if not host and not {"host", "hostaddr", "service"} & option.keys():
        return "names no host"
    if host.startswith(("http:", "https:")):
        return "names a web address as its host"
    if host.endswith(".pooler.supabase.com") and "." not in user:
        return (
            "names a user without the project, which the pooler needs, as in"
            " postgres.your-project; copy the string of the Session pooler"
        )
    if option.get("sslmode", "prefer") not in _SSLMODES:
        return f"has an unknown sslmode; it is one of {', '.join(_SSLMODES)}"
    return None
