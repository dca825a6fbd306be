"""The model of the tests in place of the models of this machine: goes with `local.model`."""

from __future__ import annotations

import sys
from pathlib import Path

from local import ports, probe
from local.models import Models
from local.supervisor import Child


class DemoModels(Models):
    """Starts `local.model --faults`, whatever the person has named."""

    def start(self) -> None:
        port = self._port()
        self._settings |= {
            "OPENAI_API_KEY": "demo",
            "OPENAI_BASE_URL": f"http://{ports.LOOPBACK}:{port}/v1",
            "CHAT_MODEL": "demo",
            "MEMORY_MODEL": "demo",
            "EMBEDDING_MODEL": "all-MiniLM-L6-v2",
            "EMBEDDING_DIMS": "384",
        }
        self._embeddings = Child(
            name="The demo model",
            command=[sys.executable, "-m", "local.model", "--port", str(port), "--faults"],
            log=self._home.log("model"),
            ready=lambda: probe.answers(port, "/v1/models"),
            cwd=Path(__file__).resolve().parents[1],
            stop_after_s=1.0,
        )
        self._supervisor.start(self._embeddings)
