"""What deploy/ builds and starts, as far as it can be looked at without Docker."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from config import VERSION, Settings
from tests.support.relay import relayed
from tests.support.stack import ROOT, Stack, free_port
from tests.support.waiting import wait_until

DEPLOY = ROOT / "deploy"
NOBODY = 65_534
SYSTEM_PYTHON = "/usr/bin/python3"


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's, in order, with continued lines joined."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in re.sub(r"\\\n\s*", "", text).splitlines() if line]
    pairs = [line.partition(" ")[::2] for line in lines if not line.startswith("#")]
    return [(name, rest.strip()) for name, rest in pairs]


def of(name: str) -> list[str]:
    return [rest for one, rest in instructions() if one == name]


def compose(name: str = "compose.yaml") -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))
    return read


def copied(folder: Path) -> None:
    """What the Dockerfile copies from the project, in an empty folder."""
    for rest in of("COPY"):
        *sources, target = rest.split()
        if sources[0].startswith("--from") or target.startswith("/build"):
            continue
        for source in sources:
            if (ROOT / source).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / source, folder / target, ignore=ignored)
            else:
                shutil.copy(ROOT / source, folder / target)


def test_images_are_pinned_and_nobody_in_them_is_root() -> None:
    images = [rest.split(" AS ")[0] for rest in of("FROM")]
    services = compose()["services"]
    images += [service["image"] for service in services.values()]
    assert len(set(images)) == 3
    for image in images:
        assert re.search(r":\d+\.\d+\.\d+", image), image
    assert services["app"]["image"] == f"keepsake:{VERSION}"
    assert of("USER") == ["10001"]
    assert instructions().index(("USER", "10001")) < len(instructions()) - 1


def test_all_that_is_copied_is_there_and_nothing_that_is_needed_is_left_out() -> None:
    sources = {one for rest in of("COPY") for one in rest.split()[:-1] if "--from" not in one}
    missing = [one for one in sources if one != "/opt/venv" and not (ROOT / one).exists()]
    assert missing == []
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    left_out = packages - {one.strip("/") for one in sources}
    assert left_out == {"bench", "distribution", "local", "tests"}
    modules = {path.name for path in ROOT.glob("*.py")}
    assert modules <= sources
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for source in sources - {"/opt/venv"}:
        kept = f"!{source.strip('/')}" in ignore or (source.endswith(".py") and "!*.py" in ignore)
        assert kept, f".dockerignore keeps {source} out of the build"


def test_containers_can_write_nothing_and_gain_nothing() -> None:
    for name, service in compose()["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    published = [name for name, service in compose()["services"].items() if "ports" in service]
    assert published == ["proxy"]


def test_several_processes_answer_and_another_remembers() -> None:
    services = compose()["services"]
    assert services["app"]["environment"]["REMEMBER_IN_APP"] == "off"
    assert services["app"]["deploy"]["replicas"] == "${APP_REPLICAS:-2}"
    assert services["worker"]["command"] == ["python", "-m", "memory.worker"]
    for name in ("app", "worker"):
        assert services[name]["depends_on"]["migrate"] == {
            "condition": "service_completed_successfully"
        }
    assert "lb_policy cookie" in (DEPLOY / "Caddyfile").read_text(encoding="utf-8")


def test_every_setting_that_is_set_exists_and_every_variable_is_explained() -> None:
    known = (ROOT / ".env.example").read_text(encoding="utf-8")
    explained = (DEPLOY / ".env.example").read_text(encoding="utf-8")
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    for variable in set(re.findall(r"\$\{([A-Z_]+)", text)):
        assert f"{variable}=" in explained, variable
    for name in ("app", "worker"):
        for setting in compose()["services"][name]["environment"]:
            assert f"{setting}=" in known or setting.startswith("STREAMLIT_"), setting


def test_what_is_added_for_self_hosted_supabase_is_of_the_same_services() -> None:
    added = compose("compose.self-hosted.yaml")
    assert set(added["services"]) <= set(compose()["services"])
    assert added["networks"]["supabase"]["external"] is True


def test_without_a_secret_for_cookies_nothing_is_started() -> None:
    environment = compose()["services"]["app"]["environment"]
    assert environment["STREAMLIT_SERVER_COOKIE_SECRET"] == "${COOKIE_SECRET:?}"


@pytest.fixture
def image() -> Iterator[Path]:
    """The files of the image, which belong to root, in a folder that everybody may read."""
    folder = Path(tempfile.mkdtemp(prefix="keepsake-image-"))
    copied(folder)
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def scratch() -> Iterator[Path]:
    """In place of the container's /tmp."""
    folder = Path(tempfile.mkdtemp(prefix="keepsake-scratch-"))
    os.chown(folder, NOBODY, NOBODY)
    yield folder
    shutil.rmtree(folder)


def as_nobody(
    command: list[str], folder: Path, environ: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    with (Path(environ["HOME"]) / f"{command[-1].strip('-')[:20]}.log").open("ab") as log:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=environ,
            stdout=log,
            stderr=log,
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
        )


def can_be_nobody() -> bool:
    if os.geteuid() != 0 or not Path(SYSTEM_PYTHON).exists():
        return False
    told = [SYSTEM_PYTHON, "-c", "import sys; print(sys.version_info[:2])"]
    found = subprocess.run(told, capture_output=True, text=True, check=True).stdout.strip()
    return found == str(sys.version_info[:2])


@pytest.mark.hard
@pytest.mark.skipif(not os.environ.get("TEST_HARD"), reason="make test-hard")
@pytest.mark.skipif(
    not can_be_nobody(), reason="needs root, and the system's Python of our version"
)
def test_its_commands_run_in_that_folder_as_another_user_who_can_write_nothing(
    stack: Stack, database: str, image: Path, scratch: Path
) -> None:
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    port = free_port()
    with relayed(Settings.from_env(stack.environ).database_url) as relay:
        environ = {
            **stack.environ,
            "DATABASE_URL": relay.url.replace("+psycopg2", ""),
            "PATH": os.defpath,
            "HOME": str(scratch),
            "KEEPSAKE_HOME": str(scratch / "keepsake"),
            "MEM0_DIR": str(scratch / "mem0"),
            "PYTHONPATH": packages,
            "PYTHONDONTWRITEBYTECODE": "1",
            "REMEMBER_IN_APP": "off",
            "LOG_FORMAT": "json",
        }
        before = sorted(str(path) for path in image.rglob("*"))
        app = as_nobody(in_python(json.loads(of("CMD")[0]), port), image, environ)
        worker_command = compose()["services"]["worker"]["command"]
        worker = as_nobody(in_python(worker_command, port), image, environ)
        try:
            check = in_python(json.loads(of("HEALTHCHECK")[0].partition("CMD ")[2]), port)
            wait_until(lambda: as_nobody(check, image, environ).wait() == 0)
            log = scratch / "memory.worker.log"
            wait_until(lambda: log.exists() and '"message": "idle"' in log.read_text())
        finally:
            for process in (app, worker):
                process.terminate()
            ended_at = time.monotonic() + 15
            codes = [
                process.wait(max(ended_at - time.monotonic(), 0.1)) for process in (app, worker)
            ]
        assert codes[1] == 0
        assert sorted(str(path) for path in image.rglob("*")) == before
        migrate = compose()["services"]["migrate"]["command"]
        assert as_nobody(in_python(migrate, port), image, environ).wait() == 0


def in_python(command: list[str], port: int) -> list[str]:
    """The image's command with this machine's Python and a port that is free here."""
    words = [word.replace("8501", str(port)) for word in command]
    if words[0] == "streamlit":
        words = ["python", "-m", *words]
    assert words[0] == "python", shlex.join(command)
    return [SYSTEM_PYTHON, *words[1:]]
