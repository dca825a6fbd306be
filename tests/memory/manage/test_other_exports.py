"""Lists and exports of other assistants, as they are uploaded."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from errors import InputError
from memory.manage.file_reader import read_file
from memory.records import LONG_AGO


def texts(name: str, text: str) -> list[str]:
    return [entry.text for entry in read_file(name, text.encode(), most_chars=2_000).entries]


def test_dates_headings_tables_and_fences_are_no_part_of_a_memory() -> None:
    text = (
        "**Demographics**\n```\n[2025-03-01] - Name is Nora.\n1. [2025-03-02]. Has a dog.\n```\n"
        "[unknown] - Prefers metric units.\n\n| pet | name |\n|---|---|\n| dog | Ole |\n"
        "2024. was a hard year for her\n"
    )
    reading = read_file("a.md", text.encode(), most_chars=2_000)
    assert [(e.text, e.recorded_at and e.recorded_at.day) for e in reading.entries] == [
        ("Name is Nora.", 1),
        ("Has a dog.", 2),
        ("Prefers metric units.", None),
        ("pet: dog, name: Ole", None),
        ("2024. was a hard year for her", None),
    ]


@pytest.mark.parametrize(
    ("line", "text", "day"),
    [
        ("(2025-03-02) Has a dog", "Has a dog", date(2025, 3, 2)),
        ("2025-03-03: Likes tea", "Likes tea", date(2025, 3, 3)),
        ("- 2025-03-04 - Likes jazz", "Likes jazz", date(2025, 3, 4)),
        ("[2025/03/08] - Likes pie", "Likes pie", date(2025, 3, 8)),
        ("[2025-03-05T10:00:00Z] Likes rain", "Likes rain", date(2025, 3, 5)),
        ("[2025-03] - Likes sun", "Likes sun", date(2025, 3, 1)),
        ("[March 1, 2025] - Likes snow", "Likes snow", date(2025, 3, 1)),
        ("[1 March 2025]: Likes fog", "Likes fog", date(2025, 3, 1)),
        ("[01.03.2025] Mag Tee", "Mag Tee", date(2025, 3, 1)),
        ("【2025-03-01】喜欢茶", "喜欢茶", date(2025, 3, 1)),
        ("[no date] - Likes ice", "Likes ice", None),
        # What is no date, or may be another day, stays.
        ("[2025-13-45] - Odd", "[2025-13-45] - Odd", None),
        ("[3/4/2025] Likes tea", "[3/4/2025] Likes tea", None),
        ("(Rex) is her dog", "(Rex) is her dog", None),
        ("2025-03-03 was her birthday", "2025-03-03 was her birthday", None),
        ("[2025-03-01]", "[2025-03-01]", None),
    ],
)
def test_a_day_before_a_line_is_when_it_was_written_down(
    line: str, text: str, day: date | None
) -> None:
    (entry,) = read_file("a.txt", line.encode(), most_chars=2_000).entries
    assert (entry.text, entry.recorded_at and entry.recorded_at.date()) == (text, day)


@pytest.mark.parametrize(
    "bullet", ["·", "▪", "◦", "●", "‣", "⁃", "(1)", "12)", "a)", "- [x]", "1．"]
)
def test_bullets_of_all_kinds_are_no_part_of_a_memory(bullet: str) -> None:
    assert texts("a.txt", f"{bullet} Likes tea") == ["Likes tea"]


def test_topics_over_a_list_and_bold_letters_are_layout() -> None:
    listed = "1. **Work**\n   - Is a nurse\nHome:\n- **Pet:** a dog\nNote: she is from Porto\n"
    assert texts("a.md", listed) == ["Is a nurse", "Pet: a dog", "Note: she is from Porto"]


def test_a_table_of_memories_brings_their_days() -> None:
    table = "| Memory | Date |\n|:--|--:|\n| Likes tea | 2025-01-02 |\n| Likes jazz | |\n"
    found = read_file("a.md", table.encode(), most_chars=2_000).entries
    assert [(e.text, e.recorded_at and e.recorded_at.date()) for e in found] == [
        ("Likes tea", date(2025, 1, 2)),
        ("Likes jazz", None),
    ]


@pytest.mark.parametrize(
    "text",
    [
        '[{"memory": "Likes tea"}]',
        '```json\n[{"memory": "Likes tea"}]\n```\n',
        '{"memory": "Likes tea"}\n',
        '{"user_id": "u", "memory": {"facts": ["Likes tea"]}}',
        '[{"namespace": ["u"], "key": "x", "value": {"content": "Likes tea"}}]',
        '{"blocks": [{"label": "human", "value": "Likes tea"}]}',
    ],
)
def test_json_is_read_whatever_the_file_is_called(text: str) -> None:
    for name in ("a.txt", "a.md", "a.json"):
        if not (name == "a.json" and text.startswith("`")):
            assert texts(name, text) == ["Likes tea"]


def test_lines_with_commas_stay_whole_and_a_table_without_names_is_refused() -> None:
    assert texts("a.csv", "Likes tea\nHas a dog, Ole\n") == ["Likes tea", "Has a dog, Ole"]
    for table in ("Erinnerung;Datum\nMag Tee;02.01.2025\n", "Likes tea,2025\nHas a dog,2024\n"):
        with pytest.raises(InputError, match="name it “memory” in the first line"):
            texts("a.csv", table)


ENTITY = '{"type":"entity","name":"Nora","entityType":"Person","observations":["Plays the oboe"]}'
RELATION = '{"type":"relation","from":"Nora","to":"Ole","relationType":"owns"}'


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a.json", '{"results":[{"id":"x","memory":"Plays the oboe"}]}', ["Plays the oboe"]),
        ("a.json", '[{"memory":"Plays the oboe"}, "Likes tea"]', ["Plays the oboe", "Likes tea"]),
        ("a.json", '{"memories":[{"content":"Likes tea"}]}', ["Likes tea"]),
        ("a.json", '[{"conversations_memory":"**Work**\\n\\nIs a nurse"}]', ["Is a nurse"]),
        # ChatGPT's list of memories, and the list that it writes when it is asked for one.
        (
            "memories.json",
            '{"memories":[{"id":"m1","content":"Lives in Porto","created_at":"2025-04-01T10:00:00Z"'
            ',"conversation_id":null}],"memory_num_tokens":12}',
            ["Lives in Porto"],
        ),
        (
            "chatgpt.md",
            "Here it is:\n```text\n## Instructions\n\n[2025-03-01] - Answer in German.\n\n"
            "## Projects\n[unknown] - Builds a boat.\n```\n",
            ["Here it is:", "Answer in German.", "Builds a boat."],
        ),
        (
            "claude.json",
            '[{"conversations_memory":"**Work**\\n\\nIs a nurse\\n\\n# Home\\n\\nHas a dog",'
            '"project_memories":{"p1":"**Purpose**\\n\\nBuilds a boat"},"account_uuid":"a"}]',
            ["Is a nurse", "Has a dog", "Builds a boat"],
        ),
        (
            "open-webui.json",
            '[{"id":"1","user_id":"u","content":"Likes tea","updated_at":1735812000,"created_at":'
            "1735812000}]",
            ["Likes tea"],
        ),
        (
            "librechat.json",
            '{"memories":[{"_id":"6","userId":"u","key":"likes_to_drink","value":"Tea","tokenCount":3,'
            '"updated_at":"2025-01-02T10:00:00.000Z"}],"totalTokens":3}',
            ["likes to drink: Tea"],
        ),
        (
            "mem0.json",
            '{"results":[{"id":"x","memory":"Plays the oboe","role":"user","metadata":null}],'
            '"relations":[{"source":"nora","relationship":"lives_in","destination":"porto"}]}',
            ["Plays the oboe", "nora lives in porto"],
        ),
        (
            "zep.json",
            '{"facts":[{"uuid":"1","fact":"Plays the oboe","valid_at":"2024-01-01T00:00:00Z"}]}',
            ["Plays the oboe"],
        ),
        ("memory.jsonl", ENTITY, ["Nora: Plays the oboe"]),
        ("memory.json", f"{ENTITY}\n{RELATION}\n", ["Nora: Plays the oboe", "Nora owns Ole"]),
    ],
)
def test_exports_of_other_tools_are_read(name: str, text: str, found: list[str]) -> None:
    assert texts(name, text) == found


@pytest.mark.parametrize(
    "text",
    [
        '[{"title":"Trip","create_time":1.7e9,"mapping":{"a":{"message":null}}}]',
        '[{"uuid":"u","name":"Trip","chat_messages":[{"text":"Hi","sender":"human"}]}]',
        '[{"id":"1","title":"Trip","chat":{"messages":[]}}]',
        '{"messages":[{"role":"user","content":"Hi"}]}',
        '[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"}]',
        '{"role":"user","content":"Hi"}\n{"role":"assistant","content":"Hello"}',
    ],
)
def test_conversations_are_refused_in_words(text: str) -> None:
    with pytest.raises(InputError, match="holds conversations, not memories"):
        texts("conversations.json", text)


def test_what_ended_for_another_assistant_has_ended() -> None:
    text = json.dumps(
        {
            "facts": [
                {
                    "fact": "Lives in Berlin",
                    "created_at": "2024-05-06T00:00:00Z",
                    "valid_at": "2019-01-01T00:00:00Z",
                    "invalid_at": "2023-05-02T00:00:00Z",
                },
                {"fact": "Rents a flat", "invalid_at": "2023-05-02T00:00:00Z"},
                {"fact": "Owns a boat", "valid_at": "2023-05-02", "invalid_at": "2019-01-01"},
            ]
        }
    )
    reading = read_file("a.json", text.encode(), most_chars=2_000)
    end = datetime(2023, 5, 2, tzinfo=UTC)
    assert [(e.text, e.valid_from, e.invalid_at) for e in reading.entries] == [
        ("Lives in Berlin", datetime(2019, 1, 1, tzinfo=UTC), end),
        ("Rents a flat", LONG_AGO, end),
    ]
    assert reading.entries[0].recorded_at == datetime(2024, 5, 6, tzinfo=UTC)
    assert [p.sentence for p in reading.problems] == ["It ends before it begins."]


def test_a_table_of_another_tool_brings_its_dates() -> None:
    table = "id;memory;created_at\n1;Likes tea;2025-01-02T10:00:00Z\n"
    (entry,) = read_file("a.csv", table.encode(), most_chars=2_000).entries
    assert (entry.text, entry.recorded_at) == ("Likes tea", datetime(2025, 1, 2, 10, tzinfo=UTC))


@pytest.mark.parametrize("at", [1_735_812_000, 1_735_812_000_000, 1_735_812_000_000_000_000])
def test_times_in_seconds_and_in_parts_of_them_are_read(at: int) -> None:
    text = json.dumps([{"content": "Likes tea", "created_at": at}])
    (entry,) = read_file("a.json", text.encode(), most_chars=2_000).entries
    assert entry.recorded_at == datetime(2025, 1, 2, 10, tzinfo=UTC)


def test_when_mem0_wrote_a_memory_down_comes_along() -> None:
    text = '{"results":[{"memory":"Plays the oboe","created_at":"2025-01-02T10:00:00Z"}]}'
    (entry,) = read_file("a.json", text.encode(), most_chars=2_000).entries
    assert entry.recorded_at == datetime(2025, 1, 2, 10, tzinfo=UTC)
