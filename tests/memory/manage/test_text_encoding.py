"""Finding out the encoding of texts that are not in UTF-8."""

from __future__ import annotations

import contextlib

import pytest

from chat.attachments import read_files
from errors import InputError
from memory.manage.text_encoding import UnknownEncodingError, decoded


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("имя;город\nАнна;Казань", "cp1251"),
        ("来週の火曜日に歯医者", "shift_jis"),
        ("zażółć gęślą jaźń", "cp1250"),
        ("Ala ma kota, żółdź", "cp1250"),
        ("Umowa została zawarta w Łodzi z najemcą, który płaci co miesiąc.", "cp1250"),
        ("Müller wohnt in Köln. Straße 5, 20 €", "cp1252"),
        ("Zoë", "cp1252"),
        ("下周二看牙医,医生叫王芳", "gb18030"),
        ("来週の火曜日", "iso2022_jp"),
        ("שלום, אני גר בירושלים", "cp1255"),
        ("γειά σου, μένω στην Αθήνα", "cp1253"),
        ("أسكن في القاهرة وأحب القهوة كل صباح.", "cp1256"),
        ("Я живу в Москве", "koi8-r"),
        ("Я живу в Москве и работаю врачом", "cp866"),
        ("Příliš žluťoučký kůň úpěl ďábelské ódy", "iso8859-2"),
        ("Bývam v Košiciach a mám rád čučoriedky.", "iso8859-2"),
        ("Aš gyvenu Vilniuje ir mėgstu kavą.", "cp1257"),
        ("Elan Tallinnas ja joon kohvi hommikuti, õhtul teed.", "cp1257"),
        ("Müller wohnt in Köln, Straße 5", "cp850"),
        ("Ég bý í Reykjavík og á þrjá ketti, það er gott.", "cp1252"),
        ("Живем у Београду и волим чај.", "cp1251"),
        ("A note without a mark", "utf-16-le"),
        ("A note without a mark", "utf-16-be"),
        ("A note with a mark", "utf-32"),
    ],
)
def test_a_text_is_read_in_the_encoding_that_it_was_saved_in(text: str, encoding: str) -> None:
    assert decoded(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("El niño comió piñata mañana", "cp1252"),
        ("café crème à l'été", "cp1252"),
        ("Žluťoučký kůň", "iso8859-2"),
        ("İstanbul'da yaşıyorum, ağaç", "cp1254"),
        ("Γειά σου, μένω στην Αθήνα", "cp1253"),
        ("안녕하세요 서울에 삽니다", "cp949"),
        ("Я живу в Москве", "koi8-r"),
        ("来週の火曜日に歯医者", "utf-16-le"),
        ("下週二看牙醫,醫生叫王芳", "big5"),
    ],
)
def test_a_text_is_read_right_or_not_at_all(text: str, encoding: str) -> None:
    with contextlib.suppress(UnknownEncodingError):
        assert decoded(text.encode(encoding)) == text


def test_a_text_that_could_be_several_is_refused_with_what_to_do() -> None:
    assert decoded("Le café crème à l'été".encode("cp1252")) == "Le café crème à l'été"
    data = "né à".encode("cp1252")
    with pytest.raises(InputError, match=r"of nota\.txt is not clear\. Save it as UTF-8"):
        read_files([("nota.txt", data)], pictures=False)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "Je suis né à Besançon et j'aime le café très fort, où ça chauffe."),
        ("cp1252", "Mañana compraré un piano para mi niña, ¿qué te parece?"),
        ("cp1252", "I met my fiancée at the café in Malmö, it was naïve of us to wait."),
        ("cp1250", "Mieszkam w Łodzi i lubię gorącą herbatę, żona też."),
        ("cp1254", "İstanbul'da yaşıyorum ve çayı çok severim, şekersiz."),
        ("cp1251", "Я живу в Москве и люблю читать книги по вечерам."),
    ],
)
def test_the_language_tells_which_of_several_readings_is_meant(encoding: str, text: str) -> None:
    assert decoded(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("cp1252", "né à"), ("cp1250", "Čapek"), ("cp1251", "Казань"), ("shift_jis", "東京")],
)
def test_what_no_language_tells_is_refused(encoding: str, text: str) -> None:
    with pytest.raises(UnknownEncodingError):
        decoded(text.encode(encoding))
