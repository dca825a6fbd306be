// OpenAI's shapes: what a chat request may hold, and how replies and errors look.
import { randomUUID } from "node:crypto";
import { PromptTooLong } from "./engine.mjs";
import { UnsupportedSchema } from "./schema.mjs";

const started = Math.floor(Date.now() / 1000);

export class ApiError extends Error {
  constructor(status, message, { code = null, param = null, type = "invalid_request_error" } = {}) {
    super(message);
    Object.assign(this, { status, code, param, type });
  }

  get body() {
    const { message, type, param, code } = this;
    return { error: { message, type, param, code } };
  }
}

export function asApiError(error) {
  if (error instanceof ApiError) return error;
  if (error instanceof UnsupportedSchema)
    return new ApiError(400, error.message, { param: "response_format" });
  if (error instanceof PromptTooLong) {
    return new ApiError(400, error.message, { param: "messages", code: "context_length_exceeded" });
  }
  console.error(error.stack);
  return new ApiError(500, "The language model failed. Try again.", { type: "server_error" });
}

const ROLES = ["system", "developer", "user", "assistant", "tool", "function"];

/** A checked request: {messages: [{role, text}], json, schema, maxTokens, keep, sampling, stop, stream, includeUsage}. */
export function readChat(body) {
  if (typeof body !== "object" || body === null || Array.isArray(body))
    bad("The body must be a JSON object.");
  const json = readFormat(body.response_format);
  if ((body.n ?? 1) !== 1) bad("This server writes one choice per request: n must be 1.", "n");
  const maxTokens = readMaxTokens(body);
  const keep = boolean(body.keep_beginning, "keep_beginning");
  if (keep && maxTokens !== 0)
    bad("Only a prompt with max_tokens 0 can be kept on disk.", "keep_beginning");
  return {
    messages: readMessages(body.messages),
    ...json,
    maxTokens,
    keep,
    sampling: readSampling(body, json.json),
    stop: readStop(body.stop),
    stream: boolean(body.stream, "stream"),
    includeUsage: boolean(body.stream_options?.include_usage, "stream_options.include_usage"),
  };
}

function readMessages(messages) {
  if (!Array.isArray(messages) || !messages.length)
    bad("messages must be a list with at least one message.", "messages");
  return messages.map((message, index) => {
    const param = `messages[${index}]`;
    if (!ROLES.includes(message?.role))
      bad(`${param}.role must be one of ${ROLES.join(", ")}.`, param);
    const role = message.role === "developer" ? "system" : message.role;
    return { role, text: readContent(message.content, `${param}.content`) };
  });
}

function readContent(content, param) {
  if (content === null || content === undefined) return "";
  if (typeof content === "string") return plain(content);
  if (!Array.isArray(content)) bad(`${param} must be text or a list of parts.`, param);
  return content
    .map((part) => {
      if (part?.type === "image_url" || part?.type === "input_image") {
        bad("This model reads text only: it does not see pictures.", param);
      }
      if (part?.type !== "text" || typeof part.text !== "string")
        bad(`${param} may hold text parts only.`, param);
      return plain(part.text);
    })
    .join("\n");
}

// The tokenizer ends at NUL, and has no bytes for half a surrogate pair.
const plain = (text) => text.toWellFormed().replaceAll("\0", "\ufffd");

function readFormat(format) {
  if (format === undefined || format === null || format.type === "text") return { json: false };
  if (format.type === "json_object") return { json: true };
  if (format.type !== "json_schema") {
    bad("response_format.type must be text, json_object or json_schema.", "response_format");
  }
  const schema = format.json_schema?.schema;
  if (typeof schema !== "object" || schema === null) {
    bad("response_format.json_schema.schema must be a JSON schema.", "response_format");
  }
  return { json: true, schema };
}

function readMaxTokens(body) {
  const name = body.max_completion_tokens != null ? "max_completion_tokens" : "max_tokens";
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (!Number.isInteger(value) || value < 0)
    bad(`${name} must be a whole number, 0 or more.`, name);
  return value;
}

function readSampling(body, json) {
  const seed = body.seed ?? undefined;
  if (seed !== undefined && !Number.isInteger(seed)) bad("seed must be a whole number.", "seed");
  return {
    temperature: number(body.temperature, "temperature", 0, 2) ?? (json ? 0 : 0.3),
    topP: number(body.top_p, "top_p", 0, 1) ?? 0.95,
    seed: seed === undefined ? undefined : Math.abs(seed) % 2 ** 32,
  };
}

function readStop(stop) {
  const list = stop === undefined || stop === null ? [] : [stop].flat();
  if (list.length > 4 || !list.every((text) => typeof text === "string" && text)) {
    bad("stop must be a text or a list of up to 4 texts.", "stop");
  }
  return list;
}

function number(value, name, least, most) {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || value < least || value > most) {
    bad(`${name} must be a number from ${least} to ${most}.`, name);
  }
  return value;
}

function boolean(value, name) {
  if (value === undefined || value === null) return false;
  if (typeof value !== "boolean") bad(`${name} must be true or false.`, name);
  return value;
}

function bad(message, param = null) {
  throw new ApiError(400, message, { param });
}

export function modelObject(name, { contextTokens }) {
  return {
    id: name,
    object: "model",
    created: started,
    owned_by: "local",
    max_model_len: contextTokens,
  };
}

/** The objects of one reply, which share its id and time. */
export class Reply {
  constructor(model) {
    this.base = { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model };
  }

  whole(content, reason, usage) {
    const message = { role: "assistant", content, refusal: null };
    const choices = [{ index: 0, message, logprobs: null, finish_reason: reason }];
    return { ...this.base, object: "chat.completion", choices, usage: usageObject(usage) };
  }

  chunk(delta, reason = null) {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason: reason }];
    return { ...this.base, object: "chat.completion.chunk", choices };
  }

  usageChunk(usage) {
    return {
      ...this.base,
      object: "chat.completion.chunk",
      choices: [],
      usage: usageObject(usage),
    };
  }
}

function usageObject({ promptTokens, cachedTokens, completionTokens }) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  };
}
