"""The models of this machine: what is checked before, what the app is told, what may fail."""

from __future__ import annotations

import platform
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.home import Home, StackError
from local.model import choice as models
from local.model import language_model
from local.model.choice import CannotRun, LanguageModel, Models
from local.model.language_model import QWEN
from local.process.supervisor import Child, Supervisor
from local.words import WAYS_ON
from tests.support.waiting import wait_until


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    made = Supervisor(every_minute=lambda: None, gone=lambda: False)
    yield made
    made.stop()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.logs.mkdir(parents=True)
    return home


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """Of a person in whose cache the default model lies, or something of its size."""
    folder = tmp_path / "cache" / "models"
    folder.mkdir(parents=True)
    with (folder / QWEN.file_name).open("wb") as file:
        file.truncate(QWEN.size)
    return {"KEEPSAKE_CACHE": str(tmp_path / "cache")}


@pytest.fixture(autouse=True)
def plenty_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_free_memory", lambda: 8_000_000_000)


def a_child(home: Home, command: str, *, answers: str = "answers") -> Child:
    """A stand-in for the language model; it answers while a file of that name is in its home."""
    return Child(
        name="The language model",
        command=["sh", "-c", command],
        log=home.log("language-model"),
        ready=(home.path / answers).exists,
        cwd=home.path,
        stop_after_s=0.2,
        may_fail=True,
    )


def another_child(home: Home) -> Child:
    return Child("Another", ["sleep", "60"], home.log("another"), ready=lambda: True)


# What is checked before it is started


def test_the_default_model_is_known_by_its_name(settings: dict[str, str]) -> None:
    model = LanguageModel.of_person(settings)
    assert (model.name, model.is_default) == ("qwen2.5-coder-1.5b-instruct", True)
    model.check_machine()


def test_missing_weights_name_the_commands(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match=r"not installed in .*/models: run `make setup`, or `make"):
        LanguageModel.of_person({"KEEPSAKE_CACHE": str(tmp_path)})


def test_half_a_file_is_no_file(settings: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "cache" / "models" / QWEN.file_name).write_bytes(b"GGUF")
    with pytest.raises(CannotRun, match="not installed"):
        LanguageModel.of_person(settings)


def test_a_file_of_ones_own_goes_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "My-Model-Q4_K_M.gguf").write_bytes(b"GGUF and more")
    model = LanguageModel.of_person({"LOCAL_MODEL": str(tmp_path / "My-Model-Q4_K_M.gguf")})
    assert (model.name, model.is_default) == ("my-model-q4_k_m", False)
    assert model.needs_bytes == 1_000_000_013


@pytest.mark.parametrize(
    ("held", "says"),
    [
        (None, "LOCAL_MODEL cannot be read (No such file or directory): "),
        (b"PK\x03\x04", "LOCAL_MODEL is not a .gguf file: "),
        (b"", "LOCAL_MODEL is not a .gguf file: "),
    ],
)
def test_another_kind_of_file_is_refused(tmp_path: Path, held: bytes | None, says: str) -> None:
    if held is not None:
        (tmp_path / "mine.gguf").write_bytes(held)
    with pytest.raises(CannotRun) as raised:
        LanguageModel.of_person({"LOCAL_MODEL": str(tmp_path / "mine.gguf")})
    assert str(raised.value) == f"{says}{tmp_path}/mine.gguf."


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="Is a directory"):
        LanguageModel.of_person({"LOCAL_MODEL": str(tmp_path)})


def test_too_little_memory_is_named(
    settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "_free_memory", lambda: 1_100_000_000)
    with pytest.raises(CannotRun, match=r"needs 2\.\d GB of free memory, and 1\.1 GB are free\."):
        LanguageModel.of_person(settings).check_machine()


def test_a_machine_without_a_build_is_named(
    settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(CannotRun, match=r"no build for this machine \(\w+ riscv64\)"):
        LanguageModel.of_person(settings).check_machine()


def test_missing_packages_name_the_command(
    settings: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "LLM", tmp_path)
    with pytest.raises(CannotRun, match="is not installed: run `make setup`"):
        LanguageModel.of_person(settings).check_machine()
    (tmp_path / "node_modules" / "node-llama-cpp").mkdir(parents=True)
    with pytest.raises(CannotRun, match="build of what runs the language model is missing"):
        LanguageModel.of_person(settings).check_machine()


# What the app is told


def started(
    home: Home, supervisor: Supervisor, person: dict[str, str], child: Child | None = None
) -> dict[str, str]:
    """The settings that come of it, with a stand-in for each child."""

    class Standing(Models):
        def _language_child(self, model: LanguageModel, port: int) -> Child:
            return child or a_child(home, "touch answers; sleep 60")

    ours = Standing(home, supervisor, person, set())
    ours.start()
    return ours.settings()


def test_the_app_is_told_who_answers(
    home: Home,
    supervisor: Supervisor,
    settings: dict[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = started(home, supervisor, {**settings, "CHAT_MODEL": "other", "EMBEDDING_MODEL": "e"})
    assert told.pop("OPENAI_BASE_URL").startswith("http://127.0.0.1:")
    assert told == {
        "OPENAI_API_KEY": "none",
        "CHAT_MODEL": "qwen2.5-coder-1.5b-instruct",
        "MEMORY_MODEL": "qwen2.5-coder-1.5b-instruct",
        "MODEL_IS_LOCAL": "on",
        "CONTEXT_TOKENS": "8192",
        "MODEL_TIMEOUT_S": "180",
    }
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "CHAT_MODEL without a key or a server: qwen2.5-coder-1.5b-instruct answers.",
        "Answers come from qwen2.5-coder-1.5b-instruct, a small language model on this machine; "
        "set OPENAI_API_KEY or OPENAI_BASE_URL for a larger one.",
    ]


def test_what_the_person_says_about_time_and_length_wins(
    home: Home, supervisor: Supervisor, settings: dict[str, str]
) -> None:
    named = {"MODEL_TIMEOUT_S": "30", "CONTEXT_TOKENS": "4096", "EMBEDDING_MODEL": "e"}
    told = started(home, supervisor, {**settings, **named})
    assert (told["MODEL_TIMEOUT_S"], told["CONTEXT_TOKENS"]) == ("30", "4096")


def test_with_a_server_of_ones_own_only_embeddings_are_ours(
    home: Home, supervisor: Supervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    person = {"OPENAI_BASE_URL": "http://127.0.0.1:11434/v1", "LOCAL_MODEL": "x.gguf"}
    told = started(home, supervisor, person)
    assert told.pop("EMBEDDING_BASE_URL").startswith("http://127.0.0.1:")
    assert told == {
        "OPENAI_API_KEY": "none",
        "EMBEDDING_API_KEY": "none",
        "EMBEDDING_MODEL": "all-MiniLM-L6-v2",
        "EMBEDDING_DIMS": "384",
    }
    said = capsys.readouterr().out
    assert said == "LOCAL_MODEL is ignored: OPENAI_BASE_URL names another model.\n"


def test_with_an_openai_key_nothing_is_ours(home: Home, supervisor: Supervisor) -> None:
    assert started(home, supervisor, {"OPENAI_API_KEY": "sk-1"}) == {}
    assert supervisor.children == []


def test_a_model_that_cannot_run_leaves_a_sentence_and_asks_nobody_elsewhere(
    home: Home, supervisor: Supervisor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    person = {"LOCAL_MODEL": f"{tmp_path}/none.gguf", "EMBEDDING_MODEL": "e"}
    told = started(home, supervisor, person)
    why = f"LOCAL_MODEL cannot be read (No such file or directory): {tmp_path}/none.gguf."
    assert told.pop("OPENAI_BASE_URL").startswith("http://127.0.0.1:")
    assert told == {"OPENAI_API_KEY": "none", "MODEL_MISSING": f"{why} {WAYS_ON}."}
    assert capsys.readouterr().out == f"{why} {WAYS_ON}.\n"


def test_a_model_that_ends_while_it_loads_leaves_its_own_sentence(
    home: Home, supervisor: Supervisor, settings: dict[str, str]
) -> None:
    ends = a_child(home, "echo 'The language model x cannot be loaded: no such layer'; exit 1")
    told = started(home, supervisor, {**settings, "EMBEDDING_MODEL": "e"}, ends)
    sentence = "The language model x cannot be loaded: no such layer."
    assert told["MODEL_MISSING"] == f"{sentence} {WAYS_ON}."
    assert "MODEL_IS_LOCAL" not in told
    supervisor.pause(0)


# What may fail


def test_a_model_that_is_killed_while_it_loads_is_given_up_after_three_times(
    home: Home, supervisor: Supervisor
) -> None:
    child = a_child(home, "kill -9 $$")
    supervisor.start(child)
    why = supervisor.wait_settled(child, timeout_s=60)
    assert why == "The language model ended 3 times in a minute (signal 9) while it was starting."


def test_a_model_that_never_answers_is_given_up_and_ended(
    home: Home, supervisor: Supervisor
) -> None:
    child = a_child(home, "echo thinking; sleep 60")
    supervisor.start(child)
    wait_until(lambda: "thinking" in child.log.read_text())
    why = supervisor.wait_settled(child, timeout_s=0.1)
    assert why == "The language model did not answer within 0 s: thinking."
    assert child.process is not None
    assert child.process.poll() is not None
    supervisor.pause(0)
    assert child.process is None


def test_a_model_that_was_ready_and_is_killed_comes_back(
    home: Home, supervisor: Supervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    child = a_child(home, "touch answers; sleep 60")
    supervisor.start(child)
    assert supervisor.wait_settled(child, timeout_s=60) == ""
    killed = child.process
    assert killed is not None
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    supervisor.pause(0)
    assert child.process is not None
    assert child.process.pid != killed.pid
    said = capsys.readouterr().out
    assert said == "The language model ended (signal 9); starting it again.\n"


@pytest.mark.slow
def test_a_model_that_keeps_dying_stays_away_and_takes_nothing_down(
    home: Home, supervisor: Supervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    # It dies from the moment on that it was seen to answer.
    lives = "touch answers; until [ -e dying ]; do sleep 0.02; done; exit 3"
    child, other = a_child(home, lives), another_child(home)
    supervisor.start(other)
    supervisor.start(child)
    assert supervisor.wait_settled(child, timeout_s=60) == ""
    (home.path / "dying").touch()

    def ended() -> bool:
        supervisor.pause(0.01)
        return bool(child.given_up)

    wait_until(ended)
    supervisor.pause(0)
    assert child.process is None
    assert other.process is not None
    assert other.process.poll() is None
    assert capsys.readouterr().out.splitlines()[-1] == (
        "The language model ended 6 times in a minute (exit code 3). It is not started again; "
        f"the log is {child.log}"
    )


def test_another_child_that_does_not_start_still_ends_the_stack(
    home: Home, supervisor: Supervisor
) -> None:
    child = Child("Another", ["false"], home.log("another"), ready=lambda: False)
    supervisor.start(child)
    with pytest.raises(StackError, match=r"Another did not start \(exit code 1\)"):
        supervisor.wait_ready(child, timeout_s=60)


def test_the_containers_limit_counts_too() -> None:
    assert 0 < models._free_memory() < 1 << 50


def test_everything_of_the_default_is_where_the_launcher_looks() -> None:
    assert (models.LLM / "server.mjs").is_file()
    assert language_model.NAME in QWEN.file_name
    assert (sys.platform, platform.machine()) in models._BUILDS
