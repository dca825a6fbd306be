// The local language model behind OpenAI's chat API, on loopback only. Its settings come in the environment:
// PORT, MODEL_FILE, MODEL_NAME, CONTEXT_TOKENS, THREADS. Ends when stdin closes, on SIGTERM and on SIGINT.
// Nothing of what people say is logged or written.
import { createServer } from "node:http";
import os from "node:os";
import { Engine, PromptTooLong } from "./engine.mjs";
import { ANSWER, PREPARE, STRUCTURED } from "./queue.mjs";
import { UnsupportedSchema } from "./schema.mjs";
import { ApiError, modelObject, readChat, Reply } from "./wire.mjs";

const { env } = process;
const name = env.MODEL_NAME;
const MAX_BODY_BYTES = 4_000_000;
const started = Math.floor(Date.now() / 1000);
let engine; // once it is loaded

async function readBody(request) {
  const parts = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) throw new ApiError(413, `The request is over ${MAX_BODY_BYTES} bytes. Send less.`);
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString("utf8"));
  } catch {
    throw new ApiError(400, "The body is not JSON.");
  }
}

function whenLoaded() {
  if (engine) return engine;
  throw new ApiError(503, "The language model is being loaded. Try again in a few seconds.", { type: "server_error", code: "model_loading" });
}

function checkModel(asked) {
  if (asked === name) return;
  throw new ApiError(404, `There is no model ${JSON.stringify(asked)} here, only ${JSON.stringify(name)}.`, { param: "model", code: "model_not_found" });
}

async function chat(request, response) {
  const body = await readBody(request);
  whenLoaded();
  const chat = readChat(body);
  checkModel(body.model);
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  if (response.destroyed) gone.abort();
  const work = await asWork(chat, gone.signal);
  const reply = new Reply(name);
  if (chat.stream) return stream(response, reply, work, chat.includeUsage);
  let content = "";
  const { reason, usage } = await engine.complete({ ...work, onText: (text) => (content += text) });
  send(response, 200, reply.whole(content, reason, usage));
}

async function asWork({ messages, json, schema, maxTokens, sampling, stop }, signal) {
  const grammar = json ? await engine.grammar(schema) : undefined;
  const priority = maxTokens === 0 ? PREPARE : json ? STRUCTURED : ANSWER;
  return { priority, tokens: engine.tokens(messages), grammar, maxTokens: maxTokens ?? (json ? 1024 : undefined), sampling, stop, signal };
}

async function stream(response, reply, work, includeUsage) {
  const event = (data) => response.write(`data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`);
  const begin = () => {
    if (response.headersSent) return;
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
    event(reply.chunk({ role: "assistant", content: "" }));
  };
  const onText = (text) => {
    begin();
    event(reply.chunk({ content: text }));
  };
  const { reason, usage } = await engine.complete({ ...work, onText });
  begin();
  event(reply.chunk({}, reason));
  if (includeUsage) event(reply.usageChunk(usage));
  event("[DONE]");
  response.end();
}

function send(response, status, object) {
  const text = JSON.stringify(object);
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

function asApiError(error) {
  if (error instanceof ApiError) return error;
  if (error instanceof UnsupportedSchema) return new ApiError(400, error.message, { param: "response_format" });
  if (error instanceof PromptTooLong) return new ApiError(400, error.message, { param: "messages", code: "context_length_exceeded" });
  console.error(error);
  return new ApiError(500, "The language model failed. Try again.", { type: "server_error" });
}

async function route(request, response) {
  const { pathname } = new URL(request.url, "http://localhost");
  const [, version, ...path] = pathname.replace(/\/$/, "").split("/");
  const allow = (method) => {
    if (request.method !== method) throw new ApiError(405, `Use ${method} here, not ${request.method}.`);
  };
  if (version === "v1" && path.join("/") === "chat/completions") {
    allow("POST");
    return chat(request, response);
  }
  if (version === "v1" && path[0] === "models" && path.length <= 2) {
    allow("GET");
    whenLoaded();
    if (path.length === 1) return send(response, 200, { object: "list", data: [modelObject(name, started)] });
    checkModel(decodeURIComponent(path[1]));
    return send(response, 200, modelObject(name, started));
  }
  throw new ApiError(404, `There is nothing at ${request.method} ${pathname}.`);
}

const server = createServer(async (request, response) => {
  try {
    await route(request, response);
  } catch (error) {
    if (response.destroyed) return; // its reader has gone
    const { status, body } = asApiError(error);
    if (response.headersSent) {
      response.end(`data: ${JSON.stringify(body)}\n\n`);
      return;
    }
    send(response, status, body);
  }
});

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

const stop = () => process.exit(0); // nothing is kept, so nothing is to be saved
process.on("SIGINT", stop);
process.on("SIGTERM", stop);
process.stdin.resume();
process.stdin.on("end", stop);
process.stdin.on("error", stop);

server.on("error", (error) => fail(`The language model's server cannot listen on port ${env.PORT}: ${error.message}`));
server.listen(Number(env.PORT ?? 0), "127.0.0.1", () => {
  console.log(`Language model: http://127.0.0.1:${server.address().port}/v1`);
});

try {
  engine = await Engine.load({
    modelFile: env.MODEL_FILE,
    contextTokens: Number(env.CONTEXT_TOKENS || 8192),
    threads: Number(env.THREADS) || Math.min(8, os.availableParallelism()),
  });
} catch (error) {
  fail(`The language model ${env.MODEL_FILE} cannot be loaded: ${String(error.message).split("\n")[0]}`);
}
