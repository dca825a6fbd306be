"""The well-known plain shape of this app: search, ask, add, all in the script, then the answer.

Streamlit, mem0 with its `supabase` store, the transcript in session state. What a turn costs here
is what it costs wherever people copied this shape. BASELINE_DATABASE_URL names its database; with
BASELINE_STREAMS the answer is streamed and stands there before it is added, the kindest form of it.
"""

from __future__ import annotations

import os
from typing import Any

import streamlit as st
from mem0 import Memory
from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam
from sqlalchemy.dialects import registry


@st.cache_resource
def memory() -> Memory:
    # The least that the store needs to start at all: SQLAlchemy 2.1 reads "postgresql://" as
    # another driver's, and mem0 refuses any other address.
    registry.register("postgresql", "sqlalchemy.dialects.postgresql.psycopg2", "dialect")
    server = {
        "openai_base_url": os.environ["OPENAI_BASE_URL"],
        "api_key": os.environ["OPENAI_API_KEY"],
    }
    embedder: dict[str, Any] = {**server, "model": "fixed", "embedding_dims": 384}
    store = {
        "collection_name": "memories",
        "connection_string": os.environ["BASELINE_DATABASE_URL"],
        "embedding_model_dims": 384,
    }
    return Memory.from_config(
        {
            "llm": {"provider": "openai", "config": {**server, "model": "fixed"}},
            "embedder": {"provider": "openai", "config": embedder},
            "vector_store": {"provider": "supabase", "config": store},
        }
    )


@st.cache_resource
def client() -> OpenAI:
    return OpenAI()


def asked(message: str, user_id: str) -> list[ChatCompletionMessageParam]:
    """What the model is sent: the memories that were found, and the message."""
    found = memory().search(message, filters={"user_id": user_id}, top_k=3)["results"]
    known = "\n".join(f"- {memory['memory']}" for memory in found)
    told = f"You are a helpful assistant with memory.\nUser memories:\n{known}"
    return [{"role": "system", "content": told}, {"role": "user", "content": message}]


def answer(message: str, user_id: str) -> str:
    """The whole answer, once it has been added."""
    messages = asked(message, user_id)
    with st.spinner("Thinking..."):
        reply = client().chat.completions.create(model="fixed", messages=messages)
    said = reply.choices[0].message.content or ""
    memory().add([*messages, {"role": "assistant", "content": said}], user_id=user_id)
    return said


def stream(message: str, user_id: str) -> str:
    """The same, but drawn as it comes, and added afterwards."""
    messages = asked(message, user_id)
    words = client().chat.completions.create(model="fixed", messages=messages, stream=True)
    with st.chat_message("assistant"):
        said = str(st.write_stream(words))
    memory().add([*messages, {"role": "assistant", "content": said}], user_id=user_id)
    return said


memory()
st.title("Chat with memory")
if "messages" not in st.session_state:
    st.session_state.messages = []
for message in st.session_state.messages:
    with st.chat_message(message["role"]):
        st.markdown(message["content"])
if prompt := st.chat_input("Message"):
    st.session_state.messages.append({"role": "user", "content": prompt})
    with st.chat_message("user"):
        st.markdown(prompt)
    if os.environ.get("BASELINE_STREAMS"):
        said = stream(prompt, st.query_params["user"])
    else:
        said = answer(prompt, st.query_params["user"])
        with st.chat_message("assistant"):
            st.markdown(said)
    st.session_state.messages.append({"role": "assistant", "content": said})
