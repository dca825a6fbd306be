"""Attempts through the app's own calls: memories, mem0, conversations, graph; as the person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from chat.conversations import ConversationList
from chat.turns import Conversations
from database.binding import Binding
from errors import AccessDenied, InputError, KeepsakeError, MemoryNotFound, Unbound
from isolation.attempt import Trial, always, by, counted_others, with_state
from isolation.decoy import Decoy, memory_in_database
from memory.engine import Engine
from memory.graph.graph import Graph
from memory.manage.sources import Sources
from memory.store.collection import NAME
from memory.store.mem0_store import MemoryStore

MEMORIES = "Memory calls"
MEM0 = "mem0 and its filters"
CONVERSATIONS = "Conversations"
GRAPH = "Graph and sources"
NOBODY = "Without a person"


def memory_trials(engine: Engine, person: UUID, decoy: Decoy) -> list[Trial]:
    """Every call of UserMemory that takes an id or a text."""
    memory, theirs = memory_in_database(engine, person), decoy.memory_id
    by_id: dict[str, Callable[[], object]] = {
        "Read one of their memories by its id": lambda: memory.get(theirs),
        "Change its text": lambda: memory.update(theirs, "Changed by somebody else"),
        "Say yes to it in their place": lambda: memory.accept(theirs),
        "Delete it": lambda: memory.delete(theirs),
        "Read with an id that carries SQL": lambda: memory.get("x' or true --"),
    }
    lists: dict[str, Callable[[], object]] = {
        "Search for its exact text": lambda: memory.search(decoy.text, top_k=50),
        "Search with SQL in the words": lambda: memory.search(
            f"{decoy.word}'; reset role; select '", top_k=50
        ),
        "Ask as for an answer": lambda: memory.recall(decoy.text).recalled,
        "List everything that holds": memory.get_all,
        "List what waits for a yes": memory.waiting,
        "List what no longer holds": memory.past,
    }
    return [
        *(
            Trial(MEMORIES, what, act, leaks=always, refuses=by(MemoryNotFound), writes=True)
            for what, act in by_id.items()
        ),
        Trial(MEMORIES, "Read its history", lambda: memory.history(theirs)),
        *_lists(MEMORIES, lists, decoy),
    ]


def mem0_trials(engine: Engine, person: UUID, decoy: Decoy) -> list[Trial]:
    """mem0 itself and the stores below it, with filters that name the other person."""
    mem0 = engine.extractor.bind(Binding(engine.database, person))
    other, theirs, word = str(decoy.user_id), decoy.memory_id, decoy.word
    filters: dict[str, Mapping[str, object]] = {
        "Search with their user_id as filter": {"user_id": other},
        "Search with their user_id behind AND": {
            "user_id": str(person),
            "AND": [{"user_id": other}],
        },
        "Search with their user_id behind OR": {"user_id": str(person), "OR": [{"user_id": other}]},
        "Search for everybody but me with NOT": {
            "user_id": str(person),
            "NOT": [{"user_id": str(person)}],
        },
        "Search with * for every person": {"user_id": "*"},
    }
    searches = {
        what: lambda wanted=wanted: mem0.search(word, filters=wanted, threshold=0.0)["results"]
        for what, wanted in filters.items()
    }
    vector = engine.models.embed([word])[0]
    store, entities = mem0.vector_store, mem0.entity_store
    lists: dict[str, Callable[[], object]] = {
        **searches,
        "List with their user_id": lambda: mem0.get_all(filters={"user_id": other})["results"],
        "Search the store beneath": lambda: store.search(word, vector, 50, {"user_id": other}),
        "List the store beneath": lambda: store.list({"user_id": other})[0],
        "Search the names beneath": lambda: entities.search(word, vector, 50, {"user_id": other}),
        "Read the history beneath": lambda: mem0.history(theirs),
        "Read by id": lambda: list(filter(None, [mem0.get(theirs)])),
    }
    writes: dict[str, Callable[[], object]] = {
        "Change by id": lambda: mem0.update(theirs, "Changed by somebody else"),
        "Delete by id": lambda: mem0.delete(theirs),
        "Change in the store beneath": lambda: store.update(theirs, vector, {"data": "Changed"}),
        "Delete in the store beneath": lambda: store.delete(theirs),
    }
    return [
        *_lists(MEM0, lists, decoy),
        *(
            Trial(MEM0, what, act, refuses=by(ValueError), said=_left_alone, writes=True)
            for what, act in writes.items()
        ),
    ]


def conversation_trials(engine: Engine, person: UUID, decoy: Decoy) -> list[Trial]:
    """Their conversation and turn, by id, through every call that takes one."""
    mine = Conversations(engine.database, person)
    listed = ConversationList(engine.database, person)
    theirs, turn, number = decoy.conversation_id, decoy.turn_id, decoy.answer_number
    refused: dict[str, Callable[[], object]] = {
        "Open their conversation": lambda: mine.get(theirs),
        "Say something in it": lambda: mine.start_turn("Hello", conversation_id=theirs),
        "Rename it": lambda: listed.rename(theirs, "Renamed by somebody else"),
        "Pin it": lambda: listed.pin(theirs),
        "Delete it": lambda: listed.delete(theirs),
        "Have one of its messages remembered again": lambda: mine.retry_memory(turn),
    }
    silent: dict[str, Callable[[], object]] = {
        "Write into one of its answers": lambda: mine.save_progress(
            turn, "Not what was said", number=number
        ),
        "Stop one of its answers": lambda: mine.request_stop(turn),
        "Put an end to one of its answers": lambda: mine.finish_turn(
            turn, "Not what was said", state="complete", recalled=(), number=number
        ),
    }
    lists: dict[str, Callable[[], object]] = {
        "List all conversations": lambda: listed.latest(1_000),
        "Search among them": lambda: listed.search(decoy.word),
        "Read its messages": lambda: mine.turns(theirs),
        "Follow one of its answers": lambda: list(filter(None, [mine.progress(turn)])),
        "Ask what was remembered from it": lambda: list(filter(None, [mine.memory_outcome(turn)])),
    }
    return [
        *_lists(CONVERSATIONS, lists, decoy),
        *(
            Trial(CONVERSATIONS, what, act, always, by(InputError), writes=True)
            for what, act in refused.items()
        ),
        *(
            Trial(CONVERSATIONS, what, act, said=_left_alone, writes=True)
            for what, act in silent.items()
        ),
    ]


def graph_trials(engine: Engine, person: UUID, decoy: Decoy) -> list[Trial]:
    """People, places and things of theirs, and the messages that memories come from."""
    graph = Graph(Binding(engine.database, person))
    sources = Sources(engine.database, person)
    lists: dict[str, Callable[[], object]] = {
        "Look for their things in the whole picture": lambda: graph.picture().nodes,
        "Read the memories of one of their things": lambda: graph.memories_of(decoy.entity_id),
        "Follow its name to what is near": lambda: graph.neighbours(decoy.word),
        "Look up the message behind a memory": lambda: sources.of_turns([decoy.turn_id]),
    }
    return _lists(GRAPH, lists, decoy)


def nobody_trials(engine: Engine, decoy: Decoy) -> list[Trial]:
    """The same objects before anybody has signed in."""
    store = MemoryStore(NAME, dims=engine.settings.embedding_dims)
    calls: dict[str, Callable[[], object]] = {
        "Take a memory that is bound to nobody": lambda: engine.for_user(""),
        "Read the store before it is bound": lambda: store.get(decoy.memory_id),
        "Write to the store before it is bound": lambda: store.delete(decoy.memory_id),
    }
    return [
        Trial(NOBODY, what, act, always, by(Unbound, AccessDenied), writes=True)
        for what, act in calls.items()
    ]


def _lists(path: str, calls: Mapping[str, Callable[[], object]], decoy: Decoy) -> list[Trial]:
    """Calls that may return rows of one's own, and must return none of theirs."""
    return [
        Trial(
            path,
            what,
            act,
            leaks=decoy.is_in,
            # Filters that are more than plain values are not taken at all.
            refuses=lambda exc: (
                type(exc) in (KeepsakeError, ValueError) or with_state("42501")(exc)
            ),
            said=counted_others,
        )
        for what, act in calls.items()
    ]


def _left_alone(_: object) -> str:
    return "0 rows changed"


CALLS: Sequence[Callable[[Engine, UUID, Decoy], list[Trial]]] = (
    memory_trials,
    mem0_trials,
    conversation_trials,
    graph_trials,
    lambda engine, _, decoy: nobody_trials(engine, decoy),
)
