"""The well-known plain shape of this app: search, ask, add, all in the script.

Streamlit, mem0 with its own pgvector store, the transcript in session state. What a turn costs here
is what it costs wherever people copied this shape. BASELINE_DATABASE_URL names its database.
"""

from __future__ import annotations

import os
from typing import Any

import streamlit as st
from mem0 import Memory
from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam


@st.cache_resource
def memory() -> Memory:
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
            "vector_store": {"provider": "pgvector", "config": store},
        }
    )


@st.cache_resource
def client() -> OpenAI:
    return OpenAI()


def answer(message: str, user_id: str) -> None:
    found = memory().search(message, filters={"user_id": user_id}, top_k=5)["results"]
    known = "\n".join(f"- {memory['memory']}" for memory in found)
    prompt: list[ChatCompletionMessageParam] = [
        {"role": "system", "content": f"You are a helpful assistant.\nUser memories:\n{known}"},
        *st.session_state.messages,
    ]
    stream = client().chat.completions.create(model="fixed", messages=prompt, stream=True)
    with st.chat_message("assistant"):
        reply = st.write_stream(stream)
    st.session_state.messages.append({"role": "assistant", "content": reply})
    memory().add(
        [{"role": "user", "content": message}, {"role": "assistant", "content": str(reply)}],
        user_id=user_id,
    )


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
    answer(prompt, st.query_params["user"])
