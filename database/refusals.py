"""What a server or libpq says to a connection that it does not make, and what that means.

Such a refusal has no SQLSTATE, so its words are all there is: those of libpq 14 to 18, and those of
Supavisor, the pooler of hosted Supabase projects.
"""

from __future__ import annotations

import re

_POOLER = "Copy the string of the Session pooler from the project's page, under Connect."
# A direct connection to a hosted project goes by IPv6; what Supabase calls it.
_DIRECT_HOST = r"db\.\w+\.supabase\.(co|com|net)"
_SENTENCES = (
    (
        r"(?s)Tenant or user not found|tenant/user .* not found|ENOTFOUND|EUSERNOTFOUND"
        r"|no tenant identifier|ENOIDENTIFIER",
        "The user or the host in DATABASE_URL is wrong: the pooler knows no such project in this"
        f" region. The user is postgres.your-project, the host names the region. {_POOLER}",
    ),
    (
        r"SSL connection is required|connection (is insecure|requires SSL)|no encryption"
        r"|SSL off|SSLREQUIRED",
        "The database asks for TLS, and DATABASE_URL does not allow it: put sslmode=require behind"
        " its question mark.",
    ),
    (
        r"server does not support SSL",
        "DATABASE_URL asks for TLS, which this server does not speak: change its sslmode.",
    ),
    (
        r"certificate verify failed|root certificate file .* does not exist"
        r"|does not match host name|could not (read|load) .*certificate",
        "The database's certificate is not trusted: check sslmode and sslrootcert in DATABASE_URL.",
    ),
    (
        rf'could not translate host name "{_DIRECT_HOST}"',
        "The host in DATABASE_URL is unknown here: it is that of the direct connection, which needs"
        f" IPv6, or the project's name in it is wrong. {_POOLER}",
    ),
    (
        r"could not translate host name",
        "The host in DATABASE_URL is unknown: check how it is spelled, and this machine's network.",
    ),
    (
        r"authentication failed|Wrong password|no password supplied|password is required"
        r"|too many authentication (errors|failures)|ECIRCUITBREAKER|EAUTH\w*",
        "The password or the user in DATABASE_URL is wrong. Signs in a password have to be written"
        " as %40 for @, %23 for #, %2F for / and %25 for %.",
    ),
    (r"database .* does not exist", "DATABASE_URL names a database that is not there."),
    (r"(role|user) .* does not exist", "DATABASE_URL names a user that is not there."),
    (
        r"unsupported startup parameter",
        "DATABASE_URL holds options that its pooler does not pass on: leave them out behind the"
        " question mark, and set what they set by `alter role` or `alter database`.",
    ),
    (
        r"invalid \S+ value|invalid (percent|URI|port|integer|connection option|dsn)"
        r"|missing \S+ in connection (URI|option)",
        "DATABASE_URL cannot be read: one of the options behind its question mark is wrong.",
    ),
)
# An address with colons in brackets is of IPv6, one with dots of IPv4.
_NO_IPV6 = re.compile(
    r"\([0-9a-f]*:[0-9a-f:.]+\), port \d+ failed:\s+"
    r"(Network is unreachable|No route to host|Cannot assign requested address"
    r"|Address family not supported)",
    re.IGNORECASE,
)
_IPV4 = re.compile(r"\(\d+\.\d+\.\d+\.\d+\), port")
_FULL = re.compile(
    r"max clients reached|MaxClients|EMAXCONN|too many (clients|connections)"
    r"|remaining connection slots|no more connections allowed",
    re.IGNORECASE,
)


def mistake_in_settings(said: str) -> str | None:
    """The sentence for a refusal that only another DATABASE_URL changes; None for any other."""
    if _NO_IPV6.search(said) and not _IPV4.search(said):
        return (
            "The host in DATABASE_URL is reached by IPv6 only, which this machine's network does"
            f" not have. {_POOLER}"
        )
    for pattern, sentence in _SENTENCES:
        if re.search(pattern, said, re.IGNORECASE):
            return sentence
    return None


def is_full(said: str) -> bool:
    """Whether the server or its pooler has no connection left for now."""
    return bool(_FULL.search(said))
