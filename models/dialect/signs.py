"""By which words servers say why they refuse: OpenAI, Azure, OpenRouter, vLLM, llama.cpp, Ollama,
LM Studio, Text Embeddings Inference, Groq, Mistral, DashScope, DeepSeek, Gemini and others.

Looked for in the code and the sentence of an error, without regard to case.
"""

from __future__ import annotations

import re


def _any_of(*forms: str) -> re.Pattern[str]:
    return re.compile("|".join(forms), re.IGNORECASE | re.DOTALL)


CREDIT = _any_of(
    r"insufficient[_ ](?:quota|balance|credit|funds)",
    r"exceeded your current quota",
    r"(?:out of|not enough|no enough|more) credits?\b",
    r"credit balance",
    r"credits? (?:is|are|has|have) (?:used|exhausted|run)",
    r"billing|payment (?:required|method)|arrear|overdue|recharge|top up|spending limit",
    r"balance (?:is )?(?:not enough|too low|insufficient)|budget (?:has been |is )?exceeded",
    r"(?:monthly|total|key|usage) (?:usage |credit |spend\w* )?limit (?:reached|exceeded|hit)",
    r"monthly usage limit|欠费|余额不足|餘額不足",
)
# A quota of requests a minute passes, whatever else the sentence says.
PASSES = _any_of(
    r"per[-_ ]?(?:minute|second|hour|day)", r"retry ?(?:in|after|delay)", r"\b[rt]p[md]\b"
)
FILTERED = _any_of(
    r"content[_ -]?(?:filter|policy|management)",
    r"responsibleai|data_inspection_failed|moderation|flagged|prohibited_content",
    r"safety (?:system|filter|setting|polic)",
    r"inappropriate content|content exists risk|不安全|敏感|违规",
)
TOO_LONG = _any_of(
    r"context[_ ](?:length|window|size)|maximum context|n_ctx",
    r"(?:prompt|input|message|request|query|text|sequence)s? ?(?:length )?"
    r"(?:is|are|was|were|has)? ?(?:too (?:long|large)|exceed)",
    r"too many (?:input )?tokens|too large for",
    r"reduce (?:the|your) (?:length|prompt|input|message)",
    r"exceed\w* (?:the |its |your |this )?(?:available |maximum |max |model'?s? |supported )*"
    r"(?:context|tokens?\b|number of (?:input )?tokens|input|sequence|length)",
    r"longer than (?:the )?(?:maximum|model|context|\d)",
    r"maximum (?:sequence|input|prompt|number of) ?(?:length|tokens?)",
    r"range of input length|max_(?:new_)?tokens`? must be (?:at least 1|<=)",
    r"(?:less|fewer|at most|more) than \d+ tokens",
    r"token limit|string_above_max_length|physical batch size",
    r"(?:payload|entity) too large|conversation (?:is )?too long|max_?seq_?len",
    r"(?:string|input) (?:is )?too long|at most \d+ characters|maximum (?:allowed )?length",
    r"tokens?\b.{0,60}(?:limit (?:is|of)|greater than|more than|exceed)",
    r"kv[ _-]?cache (?:is )?full|no kv slot|超[过出].{0,12}(?:长度|上下文)|(?:长度|上下文)超",
)
NO_CHAT = _any_of(
    r"not a chat model|no chat template|not a (?:text )?generati|is an embedding model",
    r"not (?:supported|available) (?:in|by|for|with) (?:the )?(?:v1/)?chat",
    r"does(?:n't| not) support (?:chat|generat|the chat)",
    r"only (?:supported|available) in v1/",
)
NO_MODEL = _any_of(
    r"model\b.{0,120}?(?:not found|does ?n[o']t exist|not exist|unknown|not available|not loaded)",
    r"(?:no such|unknown|invalid|unsupported) model|model_not_found|not a valid model",
    r"(?:could not|cannot) find.{0,20}model|no models? (?:is |are )?loaded|model has been retired",
    r"model\b.{0,80}?(?:no longer available|is deprecated)",
)
# One reply that did not come out as it should; the next one may.
ONE_OFF = _any_of(
    r"json_validate_failed|failed to (?:generate|validate) json",
    r"(?:output|reply|generation|generated).{0,40}"
    r"(?:not valid|invalid|did ?n[o']t match|did not match|does ?n[o']t match|does not match) ",
)
SECRET = _any_of(
    r"\b(?:sk|pk|key|gsk|xai|hf|nvapi)[-_][\w*.-]{4,}",
    r"bearer\s+\S+",
    r"\b(?=\w*\d)[\w*-]{24,}",
    r"[\w.-]+:[^\s@/]+@",
)
