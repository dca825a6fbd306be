# mypy: disable-error-code="import-not-found,untyped-decorator"
"""The smallest Chainlit app that streams from the same model server; it remembers nothing."""

import chainlit as cl
from openai import AsyncOpenAI

client = AsyncOpenAI()


@cl.on_chat_start
async def begin() -> None:
    cl.user_session.set("messages", [])


@cl.on_message
async def answer(message: cl.Message) -> None:
    messages = cl.user_session.get("messages")
    messages.append({"role": "user", "content": message.content})
    reply = cl.Message(content="")
    stream = await client.chat.completions.create(model="fixed", messages=messages, stream=True)
    async for chunk in stream:
        await reply.stream_token(chunk.choices[0].delta.content or "")
    await reply.update()
    messages.append({"role": "assistant", "content": reply.content})
