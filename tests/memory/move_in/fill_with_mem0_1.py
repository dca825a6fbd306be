"""Fills a collection with mem0 0.1.65's own client; run by test_mem0_1.py, where that is installed.

Alone the model and the embedder are replaced: what mem0 makes of their replies is its own doing.
Reads one JSON object: url, folder, dims, and `people`, a list of user ids with texts and vectors.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

told = json.load(sys.stdin)
os.environ |= {"MEM0_TELEMETRY": "False", "MEM0_DIR": told["folder"], "OPENAI_API_KEY": "none"}

from mem0 import Memory

saying = ""


def reply(messages: list[dict[str, str]], **_: Any) -> str:
    """Finds each message to be one fact, and each fact to be new."""
    if len(messages) == 2:
        return json.dumps({"facts": [saying]})
    return json.dumps({"memory": [{"id": "0", "text": saying, "event": "ADD"}]})


def embed(text: str, memory_action: str | None = None) -> Any:
    return told["vectors"][text]


where = {
    "connection_string": told["url"],
    "collection_name": told["collection"],
    "embedding_model_dims": told["dims"],
}
memory = Memory.from_config(
    {
        "vector_store": {"provider": "supabase", "config": where},
        "history_db_path": f"{told['folder']}/history.db",
    }
)
memory.embedding_model.embed, memory.llm.generate_response = embed, reply
for person in told["people"]:
    for text in person["texts"]:
        saying = text
        added = memory.add(text, **person["scope"])
        if not added:
            sys.exit(f"mem0 kept nothing of {text!r}")
first = memory.get_all(user_id=told["people"][0]["scope"]["user_id"])
json.dump([one["memory"] for one in first["results"]], sys.stdout)
