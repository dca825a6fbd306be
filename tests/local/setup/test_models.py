"""Set-up: which parts of the local models are installed, and what stops nothing."""

from __future__ import annotations

import pytest

from local.model.language_model import QWEN
from tests.support.checkout import EVERY, WITHOUT_MODEL, Checkout


@pytest.mark.parametrize("named", ["OPENAI_API_KEY", "OPENAI_BASE_URL"])
@pytest.mark.parametrize("where", ["environment", ".env"])
def test_with_another_model_nothing_of_the_local_one_is_installed(
    checkout: Checkout, named: str, where: str
) -> None:
    if where == ".env":
        (checkout.root / ".env").write_text(f"export {named}='something' # mine\n")
        checkout.run()
    else:
        checkout.run(**{named: "something"})
    assert checkout.asked() == WITHOUT_MODEL


def test_with_a_file_of_ones_own_only_what_runs_it_is_installed(checkout: Checkout) -> None:
    checkout.run(LOCAL_MODEL="mine.gguf")
    assert checkout.asked() == EVERY[:5]


def test_tests_need_the_language_model_whatever_is_named(checkout: Checkout) -> None:
    checkout.run("--dev", OPENAI_API_KEY="sk-1")
    assert checkout.asked() == ["pip", *WITHOUT_MODEL, "npm in lint", *EVERY[4:]]


def test_another_clone_finds_the_language_model(checkout: Checkout) -> None:
    (checkout.cache / "models").mkdir(parents=True)
    with (checkout.cache / "models" / QWEN.file_name).open("wb") as file:
        file.truncate(QWEN.size)
    code, said = checkout.run()
    assert (code, "Installing the language model" in said) == (0, False)
    assert checkout.asked() == EVERY[:5]


def test_a_language_model_that_cannot_be_had_stops_nothing(checkout: Checkout) -> None:
    broken = {"BROKEN": "local.model.language_model", "WORDS": "The language model needs 1,450 MB."}
    code, said = checkout.run(**broken)
    assert code == 0
    assert said.splitlines()[-2:] == [
        "The language model could not be installed: The language model needs 1,450 MB.",
        "For answers, name a key (OPENAI_API_KEY), a server (OPENAI_BASE_URL) or a .gguf file "
        "(LOCAL_MODEL) in .env; the next `make setup` tries again, and "
        "`make model FROM=file-or-address` takes it from elsewhere.",
    ]
    checkout.asked()
    assert checkout.run()[0] == 0
    assert checkout.asked() == ["local.model.language_model"]
    assert checkout.run() == (0, "")
    (checkout.cache / "models" / QWEN.file_name).unlink()
    assert checkout.run("--dev", **broken)[0] == 1


def test_what_runs_the_language_model_may_fail_too(checkout: Checkout) -> None:
    code, said = checkout.run()
    checkout.asked()
    (checkout.root / "local/llm/package.json").write_text("{}")
    code, said = checkout.run(BROKEN="npm-cli.js", WORDS="npm error ENOTFOUND")
    assert code == 0
    assert "local/llm could not be installed: the package registry did not answer." in said
    assert checkout.run(BROKEN="npm-cli.js", OPENAI_API_KEY="sk-1")[0] == 0


def test_make_model_leaves_the_parts_to_it(checkout: Checkout) -> None:
    checkout.run("--without-weights")
    assert checkout.asked() == EVERY[:5]
