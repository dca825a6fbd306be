"""Which words may ask to remember or to forget, and what is left of a message beside them."""

from __future__ import annotations

import pytest

from chat.commands.commands import (
    request_in,
    without_request,
)
from chat.commands.words import kinds_in

MAY_ASK = [
    ("forget", "Forget that I live in Berlin"),
    ("forget", "Delete all duplicate rows from a pandas data frame, please show the code."),
    ("forget", "Vergiss bitte, dass ich in Köln wohne."),
    ("forget", "Oublie que j'habite à Lyon."),
    ("forget", "Olvida lo que dije de mi hermana"),
    ("forget", "Esqueça que eu moro em Braga"),
    ("forget", "Dimentica il mio indirizzo"),
    ("forget", "Zapomnij, że mieszkam w Łodzi"),
    ("forget", "Забудь, что я живу в Казани"),
    ("forget", "Ξέχασε πού μένω"),
    ("forget", "请忘记我住在杭州"),
    ("forget", "私の住所は忘れてください"),
    ("forget", "내 주소를 잊어 줘"),
    ("forget", "انسَ أنني أسكن في عمّان"),
    ("remember", "Can you remember that I like tea?"),
    ("remember", "Don’t forget that I'm allergic to nuts."),
    ("remember", "Merk dir, dass ich Tee mag"),
    ("remember", "Запомни: я не ем рыбу"),
    ("remember", "别忘了我对花生过敏"),
]


@pytest.mark.parametrize(("kind", "message"), MAY_ASK)
def test_words_of_many_languages_let_a_model_decide(kind: str, message: str) -> None:
    assert kind in kinds_in(message)


@pytest.mark.parametrize(
    "message",
    ["I live in Lisbon", "silver and wisdom", "another cup", "", "?", "forget " + "word " * 300],
)
def test_most_messages_ask_no_model_before_their_answer(message: str) -> None:
    assert kinds_in(message) == frozenset()


@pytest.mark.parametrize(
    ("message", "what", "request_words"),
    [
        ("Forget my address, I moved", "my address", "Forget my address"),
        ("I moved. Please forget my address!", "my address", "forget my address"),
        ("私の住所は忘れてください。引っ越しました。", "私の住所", "私の住所は忘れてください"),
        (
            "Mein Umzug: die Adresse bitte löschen, danke",
            "die Adresse",
            "die Adresse bitte löschen",
        ),
        ("Forget this. Hello.", "something else", "Forget this. Hello."),
        ("Forget this. Hello.", "", "Forget this. Hello."),
    ],
)
def test_which_words_ask_to_forget(message: str, what: str, request_words: str) -> None:
    assert request_in(message, what) == request_words


@pytest.mark.parametrize(
    ("message", "request_words", "left"),
    [
        ("Forget my address, I moved", "Forget my address", "I moved"),
        ("I moved. Could you please forget my address?", "forget my address", "I moved"),
        ("Forget my cat please!", "Forget my cat", ""),
        ("Forget my cat.", "Forget my cat", ""),
        (
            "私の住所は忘れてください。新しい家は大きいです。",
            "私の住所は忘れてください",
            "新しい家は大きいです",
        ),
    ],
)
def test_what_is_left_to_be_answered(message: str, request_words: str, left: str) -> None:
    assert without_request(message, request_words) == left
