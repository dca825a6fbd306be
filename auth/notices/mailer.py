"""Mail that Keepsake sends itself, by SMTP_URL: a thread each, and nobody waits for it.

Codes are Supabase Auth's mail, never ours. Raises nothing: that something could not be sent is
told to whoever runs this place, by `failed`.
"""

from __future__ import annotations

import logging
import smtplib
import ssl
import threading
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

TIMEOUT_S = 20.0
FAILED = "Mail of Keepsake's own could not be sent. Check SMTP_URL and MAIL_FROM."
_PORTS = {"smtp": 587, "smtps": 465}
_log = logging.getLogger(__name__)


class Mailer:
    """One SMTP server: smtps:// speaks TLS at once, smtp:// as soon as the server offers it."""

    def __init__(self, url: str, sender: str, failed: Callable[[str], None]) -> None:
        parts = urlsplit(url)
        self._scheme = parts.scheme
        self._host = parts.hostname or ""
        self._port = parts.port or _PORTS[parts.scheme]
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._sender = sender
        self._failed = failed
        self._tls = ssl.create_default_context()

    def send(self, to: str, subject: str, text: str) -> None:
        """In a thread of its own."""
        message = self._message(to, subject, text)
        threading.Thread(target=self._deliver, args=(message,), name="notice mail").start()

    def _message(self, to: str, subject: str, text: str) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"] = self._sender, with_ascii_domain(to)
        message["Subject"] = subject
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=self._sender.rpartition("@")[2] or None)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        return message

    def _deliver(self, message: EmailMessage) -> None:
        try:
            with self._connected() as smtp:
                smtp.send_message(message)
        except (smtplib.SMTPException, OSError, UnicodeError) as exc:
            _log.warning("A notice was not mailed: %s", type(exc).__name__)
            self._failed(FAILED)

    def _connected(self) -> smtplib.SMTP:
        if self._scheme == "smtps":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=TIMEOUT_S, context=self._tls
            )
        else:
            smtp = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_S)
            smtp.ehlo()
            if smtp.has_extn("starttls"):
                smtp.starttls(context=self._tls)
            elif self._password:
                smtp.close()
                raise smtplib.SMTPNotSupportedError("no TLS, so the password is not sent")
        if self._user:
            smtp.login(self._user, self._password)
        return smtp


def with_ascii_domain(address: str) -> str:
    """The address with its domain as the name servers know it (IDNA), so that any server takes it.

    A name before the @ that has other letters stays: it needs a server that offers SMTPUTF8.
    """
    name, at, domain = address.rpartition("@")
    try:
        return f"{name}{at}{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return address
