"""The model server: any that speaks OpenAI's API.

Lives here: the client, streamed events, the reader of JSON replies, the list of models, prompts.
Offers: `Models`, `read_object`, `prompts.load`.
Must never know: the database, a person, what becomes of a reply.
"""
