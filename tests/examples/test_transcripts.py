"""Messages as the frameworks themselves have them, read with their own packages."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.support.stack import ROOT

READ = """
import json
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from openai.types.chat import ChatCompletionMessage
from memory.remember.messages import checked_messages

call = {"name": "weather", "args": {}, "id": "1"}
print(json.dumps(checked_messages([
    SystemMessage("Be kind."),
    HumanMessage([{"type": "text", "text": "I live in Lisbon."},
                  {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}]),
    AIMessage("", tool_calls=[call]),
    ToolMessage("22 degrees in Rome", tool_call_id="1"),
    AIMessage("It is warm."),
    ChatCompletionMessage(role="assistant", content=None),
    ChatCompletionMessage(role="assistant", content="Anything else?"),
])))
"""


# They are installed for it; without them tests/memory/remember/test_messages.py has such messages.
@pytest.mark.skipif(not os.environ.get("TEST_HARD"), reason="make test-hard")
def test_langchains_and_openais_messages_are_taken_as_they_are(frameworks: Path) -> None:
    read = subprocess.run([frameworks, "-c", READ], cwd=ROOT, capture_output=True, text=True)
    assert read.returncode == 0, read.stderr
    assert json.loads(read.stdout) == [
        {"role": "user", "content": "I live in Lisbon."},
        {"role": "assistant", "content": "It is warm."},
        {"role": "assistant", "content": "Anything else?"},
    ]
