"""A throw-away account to be attacked: one row in each table that the app writes.

Written by the app's own calls, as that account. Its memory is paused, so no worker takes up its
turn.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from uuid import UUID, uuid4

from account.access_tokens import AccessTokens
from account.preferences import Preferences
from account.recovery_codes import RecoveryCodes
from chat.attachments import Attachment
from chat.turns import Conversations
from database.audit import note as note_audit
from database.binding import Binding
from database.sql import load
from isolation.temporary_accounts import ALLOWED
from memory.engine import Engine, UserMemory
from memory.graph.graph import Graph, keep
from memory.graph.mentions import EntityMention, RelationMention
from memory.manage.checks import mark_to_check
from memory.recall.recollection import Recalled
from memory.store import passages
from memory.store.passages import Embedded, Passage, Span


@dataclass(frozen=True, slots=True)
class Decoy:
    """What there is to get at. `word` is in all its texts and nowhere else."""

    user_id: UUID
    word: str
    text: str
    memory_id: str
    conversation_id: UUID
    turn_id: UUID
    answer_number: int
    entity_id: UUID

    def is_in(self, value: object) -> bool:
        """Whether anything of it shows."""
        shown = repr(value)
        ids = (self.user_id, self.memory_id, self.conversation_id, self.turn_id, self.entity_id)
        return self.word in shown or any(str(one) in shown for one in ids)


def memory_in_database(engine: Engine, user_id: UUID) -> UserMemory:
    """What the tables of memories hold, also where mem0's platform keeps those of the chat."""
    return UserMemory(engine, Binding(engine.database, user_id))


def plant(engine: Engine, user_id: UUID) -> Decoy:
    """Give an empty account something to hide. Raises ModelError, DatabaseError."""
    Preferences(engine.database, user_id).pause(True)
    word = f"tulip{secrets.token_hex(4)}"
    text = f"The spare key lies under the {word} flowerpot"
    AccessTokens(engine.database, user_id).create(f"For the {word}", may_write=True, days=1)
    RecoveryCodes(engine.database).make(user_id)
    memory = memory_in_database(engine, user_id)
    texts = [text, f"The {word} pot stands on the balcony"]
    kept = memory.add([{"role": "user", "content": one} for one in texts], infer=False)
    memory_id, ended_id = (change.id for change in kept)
    binding = Binding(engine.database, user_id)
    [vector] = engine.models.embed([word])
    whole = Embedded(vector, (Passage(Span(0, len(text)), vector),))
    with engine.database.as_user(user_id) as connection:
        note_audit(connection, "signed_in")
        keep(
            connection,
            memory_id=memory_id,
            entities=[EntityMention("User", "person"), EntityMention(word, "thing")],
            relations=[RelationMention("User", "owns", word)],
        )
        # As if something had ended that it leans on.
        mark_to_check(connection, memory_id, because_of=ended_id)
        # As of a long text.
        passages.put(connection, {memory_id: text}, {memory_id: whole})
    nodes = Graph(binding).picture().nodes
    engine.extractor.bind(binding).entity_store.insert(
        [vector],
        [{"data": word, "linked_memory_ids": [memory_id]}],
        [str(uuid4())],
    )
    conversations = Conversations(engine.database, user_id)
    note = Attachment(f"{word}.txt", "text/plain", len(text), content=text)
    question = conversations.start_turn(f"Where is the {word} key?", files=[note])
    recalled = [Recalled(memory.get(memory_id), f"It mentions {word}.")]
    conversations.finish_turn(question.turn_id, text, state="complete", recalled=recalled)
    # Being given once more: so there is an earlier answer, and one to be written into or stopped.
    again = conversations.restart_turn(question.turn_id)
    conversations.save_progress(question.turn_id, text, number=again.number)
    with engine.database.as_user(user_id) as connection:
        # Or the worker closes it for its silence, which looks like a change.
        connection.execute(
            load("isolation/isolation")["show_life_until_the_end"],
            {"turn_id": question.turn_id, "lifetime_s": ALLOWED["check"].lifetime_s},
        )
    return Decoy(
        user_id=user_id,
        word=word,
        text=text,
        memory_id=memory_id,
        conversation_id=question.conversation_id,
        turn_id=question.turn_id,
        answer_number=again.number,
        entity_id=next(node.id for node in nodes if not node.is_self),
    )
