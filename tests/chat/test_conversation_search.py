"""Conversations found by words, beginnings of words and titles, with what was found marked."""

from __future__ import annotations

from uuid import UUID

import pytest

from chat.conversation_search import snippet
from chat.conversations import ConversationList
from database.transactions import Database
from tests.support.conversing import contents, said, turn_ids
from tests.support.stack import Stack


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("lisb", ["I live in Lisbon"]),
        ("LISBON live", ["I live in Lisbon"]),
        ("pasteis", ["Pastéis de nata, s'il vous plaît"]),
        ("PASTÉIS na", ["Pastéis de nata, s'il vous plaît"]),
        ("running", ["She runs in the mornings"]),
        ("run morn", ["She runs in the mornings"]),
        ("東京", ["今日は東京で寿司を食べたい"]),
        ("москв", ["Я живу в Москве"]),
        ("alice@ex", ["Write to alice@example.com"]),
        ("the", ["She runs in the mornings"]),
        ("lisbon tokyo", []),
        ("100%", []),
        ("' & | ! :* (", []),
        ("", []),
    ],
)
def test_search_finds_by_words_and_beginnings_of_words(
    data: Database, alice: UUID, alices_list: ConversationList, query: str, found: list[str]
) -> None:
    for text in (
        "I live in Lisbon",
        "Pastéis de nata, s'il vous plaît",
        "She runs in the mornings",
        "今日は東京で寿司を食べたい",
        "Я живу в Москве",
        "Write to alice@example.com",
    ):
        said(data, alice, text)
    assert [hit.title for hit in alices_list.search(query)] == found


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("지난주에 서울에서 여행을 했어요.", "서울 여행"),
        ("지난주에 서울에서 여행을 했어요.", "여행"),
        ("새 아이폰을 iPhone으로 바꿨어요", "iphone 아이폰"),
        ("用户的护照号在蓝色文件夹里", "护照 蓝色"),
        ("Python入門を読みました", "python 入門"),
        ("カフェでガレットを食べた", "ガレット"),
        ("ｶﾌｪで会う", "カフェ"),
        ("मैं हिन्दी सीख रहा हूँ", "हिन्दी"),
        ("उसने लड़का देखा", "लड\u093cका"),
        ("उसने लड़का देखा", "लडका"),
        ("كَتَبَ الوَلَدُ رسالةً", "كتب الولد"),
        ("ذهبت إلى المكتبة", "مكتبه"),
        ("שָׁלוֹם לכולם", "שלום"),
        ("אני גר בירושלים", "ירושלים"),
        ("ผมชอบน้ำส้ม", "น้ำส้ม"),
        ("ผมชอบน้ำส้ม", "นำส้ม"),
        ("Mieszkam w Łodzi", "lodz"),
        ("Mieszkam w Lodzi", "łodzi"),
        ("Smørrebrød i København", "kobenhavn smorrebrod"),
        ("Đà Nẵng có biển", "da nang"),
        ("Kadıköy'de yaşıyorum", "kadikoy"),
        ("İstanbul'dayım", "istanbul"),
        ("Die Straße ist lang", "strasse"),
        ("Þórr and Ægir", "thorr aegir"),
        ("Οδυσσέας", "ΟΔΥΣΣΕΑΣ"),
    ],
)
def test_words_of_every_script_are_found_and_marked(
    data: Database, alice: UUID, bob: UUID, alices_list: ConversationList, text: str, query: str
) -> None:
    said(data, alice, "Something else entirely", "別の話", "다른 이야기")
    chat = said(data, alice, text)
    said(data, bob, text)
    hits = alices_list.search(query)
    assert {hit.conversation_id for hit in hits} == {chat}
    assert any(hit.snippet.found for hit in hits)


def test_what_only_shares_characters_is_not_found(
    data: Database, alice: UUID, alices_list: ConversationList
) -> None:
    said(data, alice, "울산에서 서쪽으로 갔다", "照护老人", "कमाल है", "ספר")
    for query in ("서울", "护照", "कमल", "ספרד"):
        assert alices_list.search(query) == []


def test_a_hit_leads_to_the_turn_and_shows_the_words(
    data: Database, alice: UUID, alices_list: ConversationList
) -> None:
    long = "We talked of many things before. " * 4 + "My café in Porto is called Bela. " + "x" * 200
    chat = said(data, alice, "Hello", long)
    (hit,) = alices_list.search("CAFE por")
    assert (hit.conversation_id, hit.turn_id) == (chat, turn_ids(data, alice, chat)[1])
    assert hit.snippet.before == "…of many things before. My "
    assert (hit.snippet.found, hit.snippet.after[:14]) == ("café", " in Porto is c")
    assert hit.snippet.after.endswith("…")


def test_a_title_is_found_and_a_conversation_fills_no_more_than_three_places(
    data: Database, alice: UUID, alices_list: ConversationList
) -> None:
    named = said(data, alice, "Hello")
    alices_list.rename(named, "Tea in Lisbon")
    often = said(data, alice, *["Tea, please"] * 5)
    found = [(hit.conversation_id, hit.turn_id) for hit in alices_list.search("tea")]
    # It has the words "Tea, please" for a title; the other is found by its title alone.
    newest_first = turn_ids(data, alice, often)[:1:-1]
    assert sorted(found, key=str) == sorted(
        [(named, None), *((often, turn) for turn in newest_first)], key=str
    )
    assert alices_list.search("tea")[-1].turn_id is None


def test_what_stands_back_behind_another_version_is_not_found(
    stack: Stack, database: str, data: Database, alice: UUID, alices_list: ConversationList
) -> None:
    chat = said(data, alice, "Hello", "I live in Lisbon")
    (_, second) = turn_ids(data, alice, chat)
    assert [hit.turn_id for hit in alices_list.search("lisbon")] == [second]
    stack.execute(database, "update public.turns set hidden_with = id where id = %s", str(second))
    assert alices_list.search("lisbon") == []
    before = contents(stack, database)
    alices_list.restore(alices_list.delete(chat))
    assert contents(stack, database) == before


@pytest.mark.parametrize(
    ("said", "query", "shown"),
    [
        ("I run", "running", ("I ", "run", "")),
        ("two cities", "city", ("two ", "cities", "")),
        ("Ångström", "angstrom", ("", "Ångström", "")),
        ("nothing", "else", ("", "", "nothing")),
        ("東京で寿司", "寿司", ("東京で", "寿司", "")),
        ("서울에서 여행을", "여행", ("서울에서 ", "여행", "을")),
        ("a great Straße here", "strasse", ("a great ", "Straße", " here")),
        ("w Łodzi", "lodz", ("w ", "Łodz", "i")),
        ("e\u0301te\u0301 chaud", "été", ("", "e\u0301te\u0301", " chaud")),
        ("אמר שָׁלוֹם לכולם", "שלום", ("אמר ", "שָׁלוֹם", " לכולם")),
    ],
)
def test_a_snippet_marks_what_was_found(said: str, query: str, shown: tuple[str, str, str]) -> None:
    found = snippet(said, query)
    assert (found.before, found.found, found.after) == shown
