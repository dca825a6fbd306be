"""What a refusal means, by the words that servers use."""

from __future__ import annotations

import json

import pytest

from errors import (
    ModelBusy,
    ModelCreditUsedUp,
    ModelError,
    ModelFiltered,
    ModelInputTooLong,
    ModelRefused,
    ModelRefusedUnclearly,
    ModelUnavailable,
)
from models.dialect.feature import Feature
from models.dialect.refusal import SHOWN_CHARS, Refusal, Server, safe_words
from models.failures import translated


def error(status: int | None, body: object) -> ModelError:
    return Refusal.read(status, body).error("m-1", Server())


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "This model's maximum context length is 8192 tokens. However, you requested 9000."),
        (400, "prompt is too long: 210000 tokens > 200000 maximum"),
        (400, "The input token count (1200000) exceeds the maximum number of tokens allowed."),
        (400, "This model's maximum prompt length is 131072 but the request contains 537812."),
        (400, "Please reduce the length of the messages or completion."),
        (400, "Range of input length should be [1, 30720]"),
        (400, "Your request exceeded model token limit: 8192"),
        (400, "the request exceeds the available context size. try increasing the context size"),
        (422, "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096."),
        (400, "max_tokens must be at least 1, got -412."),
        (500, "the input length exceeds the context length"),
        (413, "Request too large for model `m` on tokens per minute (TPM): Limit 6000"),
        (400, "Total tokens 9000 exceed model limit 8192"),
        (400, "Prompt contains 9000 tokens, limit is 8192"),
        (400, "tokens in the request (9000) is greater than 8192"),
        (400, "string too long. Expected a string with maximum length 1048576"),
        (422, "String should have at most 4000 characters"),
        (400, "输入长度超过模型最大上下文限制"),
        (500, "KV cache is full"),
        (414, ""),
        (431, ""),
        (413, ""),
        (None, "the model is loaded with context length of only 4096 tokens, which is not enough"),
    ],
)
def test_a_prompt_that_is_too_long(status: int | None, message: str) -> None:
    assert type(error(status, {"error": {"message": message}})) is ModelInputTooLong


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, {"error": {"code": "insufficient_quota", "message": "You exceeded your quota"}}),
        (429, {"message": "You exceeded your current quota, check your plan and billing details."}),
        (402, {"error": {"message": "Insufficient Balance"}}),
        (402, {"error": {"message": "This request requires more credits, or fewer max_tokens."}}),
        (400, {"error": {"message": "Your credit balance is too low to access the API."}}),
        (403, {"error": "Your account is in arrears. Please recharge."}),
        (429, {"error": {"message": "You have reached your monthly usage limit"}}),
        (429, {"error": {"message": "Account balance not enough", "code": "1113"}}),
        (429, {"error": {"message": "您的账户已欠费"}}),
        (400, {"error": {"message": "Budget has been exceeded! Current cost: 10"}}),
        (403, {"error": {"message": "Key limit exceeded (monthly limit)"}}),
        (429, {"error": {"message": "Free tier limit reached, please add a payment method"}}),
    ],
)
def test_a_lack_of_credit(status: int, body: object) -> None:
    assert type(error(status, body)) is ModelCreditUsedUp


@pytest.mark.parametrize(
    "message",
    [
        "Rate limit reached for m in organization o on requests per min (RPM): Limit 3.",
        "You exceeded your current quota, please check your plan and billing. Please retry in 34s.",
        "Too Many Requests",
    ],
)
def test_a_busy_server(message: str) -> None:
    assert type(error(429, {"error": {"message": message}})) is ModelBusy


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": "content_filter", "message": "The response was filtered."}},
        {"error": {"message": "triggering Azure OpenAI's content management policy"}},
        {"code": "data_inspection_failed", "message": "Input data may contain inappropriate."},
        {"error": {"message": "Content Exists Risk"}},
        {"error": {"message": "系统检测到输入或生成内容可能包含不安全或敏感内容", "code": "1301"}},
    ],
)
def test_a_content_filter(body: object) -> None:
    assert type(error(400, body)) is ModelFiltered


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (404, "404 page not found", "OPENAI_BASE_URL. Does it end in /v1"),
        (405, {"detail": "Method Not Allowed"}, "OPENAI_BASE_URL. Does it end in /v1"),
        (404, {"detail": "Not Found"}, "does not know the model m-1, or its address is wrong"),
        (404, {"error": "model 'm-1' not found"}, "does not know the model m-1."),
        (
            400,
            {"error": {"message": "m-1 is not a valid model ID"}},
            "does not know the model m-1.",
        ),
        (410, {"error": {"message": "model has been retired"}}, "does not know the model m-1."),
        (400, {"error": {"message": "No models loaded."}}, "does not know the model m-1."),
        (404, {"error": {"message": "This is not a chat model"}}, "The model m-1 cannot chat."),
        (401, {"error": {"message": "Wrong key"}}, "Check OPENAI_API_KEY and the model's name."),
        (
            400,
            {"detail": [{"msg": "top_k must be positive", "input": "my diary"}]},
            "top_k must be",
        ),
    ],
)
def test_a_setting_that_is_wrong(status: int, body: object, said: str) -> None:
    refused = error(status, body)
    assert type(refused) in (ModelRefused, ModelRefusedUnclearly)
    assert said in refused.user_message
    assert "my diary" not in refused.user_message


def test_a_server_that_is_away() -> None:
    assert type(error(503, "<html>Bad gateway</html>")) is ModelUnavailable
    assert "<html>" not in error(503, "<html>Bad gateway</html>").user_message


def test_an_error_inside_an_answer_is_told_by_its_code() -> None:
    assert type(error(None, {"error": {"code": 429, "message": "slow down"}})) is ModelBusy


@pytest.mark.parametrize(
    ("status", "message", "named"),
    [
        (400, "'response_format.type' must be 'json_schema' or 'text'", Feature.JSON_OBJECT),
        (404, "No endpoints found that can handle the requested response_format", Feature.SCHEMA),
        (500, "failed to parse grammar", Feature.SCHEMA),
        (400, "System role not supported", Feature.SYSTEM_ROLE),
        (400, "Developer instruction is not enabled for gemma", Feature.SYSTEM_ROLE),
        (400, "Conversation roles must alternate user/assistant", Feature.ROLES_IN_A_ROW),
        (
            400,
            "parameter.enable_thinking must be set to false for non-streaming calls",
            Feature.WHOLE_REPLY,
        ),
        (400, "This model only support stream mode", Feature.WHOLE_REPLY),
        (400, "Model m-1: unknown field response_format", Feature.SCHEMA),
        (400, "Unsupported value: 'temperature' does not support 0.2", Feature.SAMPLING),
        (404, "No endpoints found that support image input", Feature.PICTURES),
        (500, "image input is not supported - hint: mmproj", Feature.PICTURES),
        (422, "stream_options: Extra inputs are not permitted", Feature.STREAM_OPTIONS),
    ],
)
def test_what_a_request_may_do_without(status: int, message: str, named: Feature) -> None:
    refusal = Refusal.read(status, {"error": {"message": message}})
    assert refusal.may_be_cured
    assert named in refusal.named


@pytest.mark.parametrize("status", [401, 402, 403, 429, 503])
def test_no_other_form_of_request_helps(status: int) -> None:
    assert not Refusal.read(status, {"error": {"message": "response_format"}}).may_be_cured


def test_no_key_is_shown_and_no_more_than_a_sentence_holds() -> None:
    told = safe_words(
        "Key sk-proj-abc123 of me:hunter2@example.com, Bearer abcd, or 0123456789abcdef0123456789"
        " or short-secret\nis wrong. " + "Read on. " * 100,
        ["short-secret"],
    )
    for secret in ("abc123", "hunter2", "abcd,", "0123456789abcdef", "short-secret"):
        assert secret not in told
    assert len(told) <= SHOWN_CHARS + 1
    assert "is wrong." in told


@pytest.mark.parametrize("fault", [TypeError(), KeyError("a"), AttributeError(), ValueError()])
def test_a_fault_of_our_own_is_not_blamed_on_the_model(fault: Exception) -> None:
    with pytest.raises(type(fault)), translated():
        raise fault


def test_a_body_that_nobody_foresaw_is_read_all_the_same() -> None:
    for body in (None, [], [{"msg": "no"}], {"error": None}, {"error": {"message": {"a": 1}}}, 7):
        assert isinstance(error(400, body), ModelRefused), json.dumps(body)
