"""A language model of half a megabyte for tests: real to llama.cpp, and without sense.

One layer of chance, a token for each byte. What it likes to write is built in: letters, so that a
text goes on until it is stopped; the end of an object before the name of a first property.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SIZE = 64  # of its vectors: a head of fewer gets no context from llama.cpp
CONTEXT_TOKENS = 32768
NAME = "tiny"
BEGIN, END = "<|im_start|>", "<|im_end|>"
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' "
    "+ message['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
_LIKED = 8.0  # the first number of every vector, by which a token is liked always
_STRING, _ARRAY, _UINT32, _INT32, _FLOAT32 = 8, 9, 4, 5, 6
_NORMAL, _CONTROL = 1, 3
_ALIGNED = 32


def write_tiny_model(file: Path) -> None:
    """Writes it as GGUF, version 3."""
    fields, tensors = _fields(), _tensors()
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(fields))
    head += b"".join(_text(name) + value for name, value in fields.items())
    offset = 0
    for name, numbers in tensors.items():
        shape = numbers.shape[::-1]  # the one that runs fastest first
        head += _text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, offset)
        offset += len(_padded(numbers.tobytes()))
    file.write_bytes(_padded(head) + b"".join(_padded(n.tobytes()) for n in tensors.values()))


def _fields() -> dict[str, bytes]:
    tokens = [_as_character(byte) for byte in range(256)] + [BEGIN, END]
    types = [_NORMAL] * 256 + [_CONTROL] * 2
    return {
        "general.architecture": _string("llama"),
        "general.name": _string(NAME),
        "llama.context_length": _uint32(CONTEXT_TOKENS),
        "llama.embedding_length": _uint32(SIZE),
        "llama.block_count": _uint32(1),
        "llama.feed_forward_length": _uint32(SIZE),
        "llama.attention.head_count": _uint32(1),
        "llama.attention.layer_norm_rms_epsilon": struct.pack("<If", _FLOAT32, 1e-5),
        "llama.rope.dimension_count": _uint32(SIZE),
        "tokenizer.ggml.model": _string("gpt2"),
        "tokenizer.ggml.pre": _string("gpt-2"),
        "tokenizer.ggml.tokens": _array(_STRING, [_text(token) for token in tokens]),
        "tokenizer.ggml.token_type": _array(_INT32, [struct.pack("<i", kind) for kind in types]),
        "tokenizer.ggml.merges": _array(_STRING, []),
        "tokenizer.ggml.bos_token_id": _uint32(256),
        "tokenizer.ggml.eos_token_id": _uint32(257),
        "tokenizer.ggml.add_bos_token": struct.pack("<I?", 7, False),
        "tokenizer.chat_template": _string(TEMPLATE),
    }


def _tensors() -> dict[str, NDArray[np.float32]]:
    chance = np.random.default_rng(0)

    def matrix(rows: int, spread: float) -> NDArray[np.float32]:
        return (chance.standard_normal((rows, SIZE)) * spread).astype(np.float32)

    embedding, output = matrix(258, 1), matrix(258, 0.3)
    embedding[:, 0] = _LIKED
    output[:, 0] = [_liking(token) for token in range(258)]
    block = {f"attn_{name}": matrix(SIZE, 0.1) for name in ("q", "k", "v", "output")}
    block |= {f"ffn_{name}": matrix(SIZE, 0.1) for name in ("gate", "up", "down")}
    block["attn_output"][0] = block["ffn_down"][0] = 0  # they leave the first number as it is
    norm = np.ones(SIZE, np.float32)
    block |= {"attn_norm": norm, "ffn_norm": norm}
    layer = {f"blk.0.{name}.weight": numbers for name, numbers in block.items()}
    whole = {"token_embd": embedding, "output_norm": norm, "output": output}
    return layer | {f"{name}.weight": numbers for name, numbers in whole.items()}


def _liking(token: int) -> float:
    if token > 255:
        return -4
    character = chr(token)
    if character in "}]":
        return -1
    return 0 if character.isascii() and character.isalpha() else -2


def _as_character(byte: int) -> str:
    """The character that stands for a byte in a vocabulary of bytes, as GPT-2 has them."""
    seen = [*range(33, 127), *range(161, 173), *range(174, 256)]
    unseen = [other for other in range(256) if other not in seen]
    return chr(byte) if byte in seen else chr(256 + unseen.index(byte))


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("<Q", len(encoded)) + encoded


def _string(text: str) -> bytes:
    return struct.pack("<I", _STRING) + _text(text)


def _uint32(number: int) -> bytes:
    return struct.pack("<II", _UINT32, number)


def _array(kind: int, items: list[bytes]) -> bytes:
    return struct.pack("<IIQ", _ARRAY, kind, len(items)) + b"".join(items)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _ALIGNED)
