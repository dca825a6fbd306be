"""The firewall's tables of words, one a language: how they are read, and what their faults say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from errors import ConfigError
from memory.firewall.vocabulary import FOLDER, LISTS, Language
from memory.firewall.wording import any_of, expanded, pattern, whole
from tests.support.firewall_set import items


def written(folder: Path, text: str) -> Path:
    path = folder / "xx.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_there_is_a_table_for_every_language_of_the_set() -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} >= {item.language for item in items()}


def test_english_has_every_list_but_that_of_capital_nouns() -> None:
    english = Language.from_file(FOLDER / "en.toml")
    known = {(table, key) for table, keys in LISTS.items() for key in keys}
    assert known - english.lists.keys() == {("whose_words", "capital_nouns")}


def test_every_list_has_a_comment_on_the_line_before() -> None:
    for path in FOLDER.glob("*.toml"):
        lines = path.read_text(encoding="utf-8").splitlines()
        lists = [n for n, line in enumerate(lines) if re.match(r"\w+ = \[", line)]
        bare = [lines[n] for n in lists if not lines[n - 1].startswith("# ")]
        assert bare == [], path.name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = ", "xx.toml is no TOML file"),
        ("[instructions]", "there is no table [instructions]; did you mean instruction?"),
        ("[link]\nsned = ['a']", "[link] has no list sned; did you mean send?"),
        ("[link]\nsend = 'a'", '[link] send must be a list of words: ["one", "two"]'),
        ("[link]\nsend = ['a(b']", "[link] send: 'a(b' has a bracket that is not closed"),
        ("[link]\nsend = ['a|b']", "[link] send: 'a|b' has a | outside brackets"),
        ("[link]\nsend = ['']", "[link] send: '' is empty"),
        ("[instruction]\nsay = ['sag']\nsend = ['sag(t|)']", "'sag' stands in say and in send"),
        ("[whose_words]\nnumbers = ['one']", "numbers must be the ten from one to ten, not 1"),
    ],
)
def test_a_table_that_is_wrong_says_where_and_how(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        Language.from_file(written(tmp_path, text))
    assert said in caught.value.user_message


def test_a_choice_stands_for_each_of_its_words() -> None:
    assert expanded("(small|large) dog(s|)") == [
        "small dogs", "small dog", "large dogs", "large dog",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("Überweisung", "uberweisung"),
        ("rule(s|)", "rules"),
        ("l'IA", "l’ia"),
        ("treat ... as _ order", "treat what she says as an order"),
        ("new rule:", "new rule : "),
        ("C++", "c++"),
    ],
)
def test_an_entry_matches_what_its_signs_say(entry: str, text: str) -> None:
    assert re.search(pattern(entry), text)


def test_a_list_of_nothing_matches_nothing() -> None:
    assert not re.search(any_of([]), "")
    assert not re.search(whole(any_of(["rule"])), "ruler")
