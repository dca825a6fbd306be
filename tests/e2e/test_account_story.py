"""An account from its first day to its last, in a real browser: let in by a mailed code, taken
along, deleted with a certificate, and brought along by a new one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support.auth_cast import mailed_code
from tests.support.hard import only_hard
from tests.support.looks import in_each_look
from tests.support.served import PASSWORD, App, Visitor

Visit = Callable[..., Visitor]


def sign_in_by_code(person: Visitor, app: App) -> None:
    page = person.page
    page.get_by_role("button", name="Mail me a code instead").click()
    expect(page.get_by_role("heading", name="A code by mail")).to_be_visible()
    page.get_by_label("Email").fill(person.email)
    page.get_by_role("button", name="Mail me a code", exact=True).click()
    page.get_by_label("Code from the mail").fill(mailed_code(app.stack, person.email))
    page.get_by_role("button", name="Use this code").click()
    person.expect_chat()


def downloaded(page: Page, button: str, folder: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name=button, exact=True).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def memories_in(file: Path) -> set[str]:
    return {one["text"] for one in json.loads(file.read_text(encoding="utf-8"))["memories"]}


@in_each_look
@only_hard
def test_it_is_taken_along_deleted_and_brought_along(
    app: App, visit: Visit, look: str, tmp_path: Path
) -> None:
    alice = visit(dark=look == "dark", phone=look == "phone")
    page = alice.page
    alice.create_account()
    alice.say("I live in Lisbon.")
    alice.say("I work as a nurse.")
    alice.sign_out()
    sign_in_by_code(alice, app)
    alice.go_to("Account")
    taken = downloaded(page, "Download my data", tmp_path)
    assert memories_in(taken) == {"User lives in Lisbon", "User works as a nurse"}
    readable = downloaded(page, "As Markdown", tmp_path).read_text(encoding="utf-8")
    assert "I live in Lisbon." in readable
    page.reload()
    expect(page.get_by_role("table").get_by_text("All data downloaded").first).to_be_visible()
    page.get_by_role("heading", name="Activity").scroll_into_view_if_needed()
    alice.picture(f"account-{look}-activity")
    activity = json.loads(downloaded(page, "Download activity", tmp_path).read_bytes())
    assert {"signed_up", "signed_in", "data_exported"} <= {
        one["event"] for one in activity["lines"]
    }
    page.get_by_text("Delete account").click()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Type DELETE to confirm").fill("DELETE")
    page.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_text("0 rows of yours are left in the database.")).to_be_visible()
    page.get_by_text("Table by table").click()
    expect(page.get_by_role("table").get_by_text("vecs.memories", exact=True)).to_be_attached()
    alice.picture(f"account-{look}-certificate")
    page.get_by_text("What this does not reach").click()
    alice.picture(f"account-{look}-not-reached")
    kept = downloaded(page, "Download", tmp_path).read_text(encoding="utf-8")
    assert "vecs.memories" in kept
    assert "Lisbon" not in kept
    # Somebody who comes after it, in the same tab.
    first, alice.email = alice.email, f"new.{alice.email}"
    alice.sign_up()
    assert first not in page.content().replace(alice.email, "")
    alice.go_to("Account")
    page.get_by_text("Bring an account along").click()
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(taken)
    expect(page.get_by_text("In it: 1 conversation, 2 memories.")).to_be_visible()
    alice.picture(f"account-{look}-in-it")
    page.get_by_role("button", name="Import all of it").click()
    expect(page.get_by_text("Imported: 1 conversation, 2 memories.")).to_be_in_viewport()
    alice.picture(f"account-{look}-imported")
    assert memories_in(downloaded(page, "Download my data", tmp_path)) == memories_in(taken)
    alice.go_to("Memories")
    expect(page.get_by_text("User lives in Lisbon", exact=True)).to_be_visible()
    expect(page.get_by_text("User works as a nurse", exact=True)).to_be_visible()
    alice.picture(f"account-{look}-memories")
    assert alice.complaints == []
