"""Mail of Keepsake's own, sent to a server on loopback."""

from __future__ import annotations

from auth.notices.mailer import FAILED, Mailer
from tests.support.smtp_sink import smtp_sink
from tests.support.stack import free_port
from tests.support.waiting import PATIENCE_S, wait_until


def test_a_mail_arrives_as_it_was_written() -> None:
    failures: list[str] = []
    with smtp_sink() as sink:
        Mailer(sink.url, "keepsake@example.com", failures.append).send(
            "alice@example.com", "Keepsake: a new browser signed in", "Firefox on Linux.\n\n.dots"
        )
        mail = sink.mails.get(timeout=PATIENCE_S)
    assert (mail["From"], mail["To"]) == ("keepsake@example.com", "alice@example.com")
    assert mail["Subject"] == "Keepsake: a new browser signed in"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@example.com>")
    assert mail.get_content() == "Firefox on Linux.\r\n\r\n.dots\r\n"
    assert failures == []


def test_who_runs_this_place_learns_that_none_can_be_sent() -> None:
    failures: list[str] = []
    with smtp_sink(refuses=True) as sink:
        for url in (sink.url, f"smtp://127.0.0.1:{free_port()}"):
            Mailer(url, "keepsake@example.com", failures.append).send("a@example.com", "s", "t")
        wait_until(lambda: failures == [FAILED, FAILED])
        assert sink.mails.empty()


def test_the_password_is_not_sent_without_tls() -> None:
    failures: list[str] = []
    with smtp_sink() as sink:
        url = sink.url.replace("//", "//keepsake:se%40cret@")
        Mailer(url, "keepsake@example.com", failures.append).send("a@example.com", "s", "t")
        wait_until(lambda: failures == [FAILED])
        assert not any(line.upper().startswith("AUTH") for line in sink.said)
        assert sink.mails.empty()


def test_a_domain_with_other_letters_is_known_to_any_server() -> None:
    failures: list[str] = []
    with smtp_sink() as sink:
        mailer = Mailer(sink.url, "keepsake@example.com", failures.append)
        mailer.send("nora+tea@exämple.de", "s", "t")
        assert sink.mails.get(timeout=PATIENCE_S)["To"] == "nora+tea@xn--exmple-cua.de"
        assert "rcpt TO:<nora+tea@xn--exmple-cua.de>" in sink.said
    assert failures == []


def test_an_address_that_the_server_cannot_take_is_told() -> None:
    failures: list[str] = []
    with smtp_sink() as sink:
        mailer = Mailer(sink.url, "keepsake@example.com", failures.append)
        mailer.send("jürgen@example.com", "s", "t")
        wait_until(lambda: failures == [FAILED])
        assert sink.mails.empty()
