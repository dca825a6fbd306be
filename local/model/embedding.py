"""all-MiniLM-L6-v2 in numpy: a text becomes 384 numbers, close for texts that mean the same.

A BERT of six layers with mean pooling, read from the files that `local.model.embedding_weights`
installs; no torch, no network. An Embedder is read-only after construction, so threads may share
one. Layout and names follow https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2
(Apache-2.0).
"""

import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from local.model.embedding_weights import DIMS

HEADS = 12
LAYERS = 6
MAX_TOKENS = 256
# Larger batches fall out of the processor's cache; measured 6-14 ms a text at 8.
BATCH = 8

Array = npt.NDArray[np.float32]


class Scaled(NamedTuple):
    """The weight and bias of a linear layer, (in, out) and (out,), or of a normalisation."""

    weight: Array
    bias: Array


class Layer(NamedTuple):
    """One transformer block; query, key and value are joined into one (384, 1152) product."""

    attention_in: Scaled
    attention_out: Scaled
    attention_norm: Scaled
    feed_in: Scaled
    feed_out: Scaled
    feed_norm: Scaled


class Embedder:
    """Turns texts into unit vectors, so that a dot product is the cosine."""

    def __init__(self, folder: Path) -> None:
        """Read tokenizer.json and model.safetensors from `folder` (0.2 s, about 130 MB)."""
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)
        tensors = _read_safetensors(folder / "model.safetensors")
        self._words = tensors["embeddings.word_embeddings.weight"]
        self._positions = (
            tensors["embeddings.position_embeddings.weight"]
            + tensors["embeddings.token_type_embeddings.weight"][0]
        )
        self._norm = _scaled(tensors, "embeddings.LayerNorm")
        self._layers = [_layer(tensors, f"encoder.layer.{n}.") for n in range(LAYERS)]

    def embed(self, texts: Sequence[str]) -> Array:
        """(n, 384) float32, unit length, in the order of `texts`; 256 tokens of each count."""
        vectors = np.empty((len(texts), DIMS), np.float32)
        tokens = self._tokens(texts)
        by_length = sorted(range(len(tokens)), key=lambda index: len(tokens[index]))
        for start in range(0, len(by_length), BATCH):
            batch = by_length[start : start + BATCH]
            vectors[batch] = self._forward([tokens[index] for index in batch])
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> int:
        """How many tokens of these texts count."""
        return sum(map(len, self._tokens(texts)))

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        # A lone surrogate is not text and the tokenizer refuses it.
        clean = [text.encode("utf-8", "replace").decode() for text in texts]
        return [encoding.ids for encoding in self._tokenizer.encode_batch(clean)]

    def _forward(self, tokens: list[list[int]]) -> Array:
        """n lists of at most t token ids -> (n, 384) unit vectors."""
        n, t = len(tokens), max(map(len, tokens))
        ids = np.zeros((n, t), np.int64)
        mask = np.zeros((n, t), np.float32)
        for row, values in enumerate(tokens):
            ids[row, : len(values)] = values
            mask[row, : len(values)] = 1
        x = _normalise(self._words[ids] + self._positions[:t], self._norm).reshape(n * t, DIMS)
        for layer in self._layers:
            x = _normalise(x + _attend(x, layer, mask), layer.attention_norm)
            inner = _gelu(_linear(x, layer.feed_in))
            x = _normalise(x + _linear(inner, layer.feed_out), layer.feed_norm)
        pooled = (x.reshape(n, t, DIMS) * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
        unit: Array = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
        return unit


def _attend(x: Array, layer: Layer, mask: Array) -> Array:
    """Self-attention: (n * t, 384) -> (n * t, 384), never looking at the padding in `mask`."""
    n, t = mask.shape
    joined = _linear(x, layer.attention_in).reshape(n, t, 3, HEADS, DIMS // HEADS)
    query, key, value = joined.transpose(2, 0, 3, 1, 4)
    scores = query @ key.swapaxes(-1, -2) * np.float32((DIMS // HEADS) ** -0.5)
    scores += (mask[:, None, None] - 1) * np.float32(1e9)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    return _linear((weights @ value).swapaxes(1, 2).reshape(n * t, DIMS), layer.attention_out)


def _linear(x: Array, layer: Scaled) -> Array:
    return x @ layer.weight + layer.bias


def _normalise(x: Array, layer: Scaled) -> Array:
    x = x - x.mean(-1, keepdims=True)
    unit: Array = x / np.sqrt((x * x).mean(-1, keepdims=True) + np.float32(1e-12))
    return unit * layer.weight + layer.bias


def _gelu(x: Array) -> Array:
    """x * Phi(x) in place, Phi by a polynomial inside tanh: wrong by at most 2.5e-5.

    numpy has no erf. 32 rows at a time stay in the processor's cache.
    """
    for start in range(0, len(x), 32):
        rows = x[start : start + 32]
        square = np.minimum(rows * rows, np.float32(25))
        slope = square * np.float32(-3.515370781e-4) + np.float32(0.03700578258)
        rows *= 0.5 * (1 + np.tanh(rows * (slope * square + np.float32(0.79750771947))))
    return x


def _layer(tensors: dict[str, Array], prefix: str) -> Layer:
    query, key, value = (
        _linear_weights(tensors, f"{prefix}attention.self.{part}")
        for part in ("query", "key", "value")
    )
    return Layer(
        attention_in=Scaled(
            np.concatenate([query.weight, key.weight, value.weight], axis=1),
            np.concatenate([query.bias, key.bias, value.bias]),
        ),
        attention_out=_linear_weights(tensors, f"{prefix}attention.output.dense"),
        attention_norm=_scaled(tensors, f"{prefix}attention.output.LayerNorm"),
        feed_in=_linear_weights(tensors, f"{prefix}intermediate.dense"),
        feed_out=_linear_weights(tensors, f"{prefix}output.dense"),
        feed_norm=_scaled(tensors, f"{prefix}output.LayerNorm"),
    )


def _scaled(tensors: dict[str, Array], name: str) -> Scaled:
    return Scaled(np.array(tensors[f"{name}.weight"]), np.array(tensors[f"{name}.bias"]))


def _linear_weights(tensors: dict[str, Array], name: str) -> Scaled:
    """Stored as (out, in); turned once, so that each product reads memory in order."""
    stored = _scaled(tensors, name)
    return Scaled(np.ascontiguousarray(stored.weight.T), stored.bias)


def _read_safetensors(path: Path) -> dict[str, Array]:
    """The file's float tensors, mapped: 8 bytes of header length, a JSON header, raw tensors."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    raw = np.memmap(path, np.uint8, "r", 8 + length)
    return {
        name: raw[slice(*entry["data_offsets"])].view("<f4").reshape(entry["shape"])
        for name, entry in header.items()
        if entry.get("dtype") == "F32"
    }
