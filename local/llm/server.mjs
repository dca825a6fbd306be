// The local language model behind OpenAI's chat API, on loopback only. Its settings come in the environment:
// PORT, MODEL_FILE, MODEL_NAME, CONTEXT_TOKENS, THREADS, BEGINNINGS (a folder). Ends when stdin closes, on SIGTERM and
// on SIGINT. Nothing of what people say is logged or written.
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import os from "node:os";
import { Engine } from "./engine.mjs";
import { ANSWER, PREPARE, STRUCTURED } from "./queue.mjs";
import { ApiError, asApiError, modelObject, Reply, readChat } from "./wire.mjs";

const { env } = process;
const name = env.MODEL_NAME;
const MAX_BODY_BYTES = 4_000_000;
let engine; // once it is loaded

async function readBody(request) {
  const tooLarge = new ApiError(413, `The request is over ${MAX_BODY_BYTES} bytes. Send less.`);
  if (Number(request.headers["content-length"]) > MAX_BODY_BYTES) throw tooLarge;
  const parts = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) throw tooLarge;
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
  const message = "The language model is being loaded. Try again in a few seconds.";
  throw new ApiError(503, message, { type: "server_error", code: "model_loading" });
}

function checkModel(asked) {
  if (asked === name) return;
  const message = `There is no model ${JSON.stringify(asked ?? null)} here, only ${JSON.stringify(name)}.`;
  throw new ApiError(404, message, { param: "model", code: "model_not_found" });
}

async function chat(request, response) {
  const body = await readBody(request);
  whenLoaded();
  const asked = readChat(body);
  checkModel(body.model);
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  if (response.destroyed) gone.abort();
  const { messages, json, schema, maxTokens } = asked;
  const work = {
    ...asked,
    priority: maxTokens === 0 ? PREPARE : json ? STRUCTURED : ANSWER,
    tokens: engine.tokens(messages),
    grammar: json ? await engine.grammar(schema) : undefined,
    maxTokens: maxTokens ?? (json ? 1024 : undefined),
    signal: gone.signal,
  };
  await (asked.stream ? sendStream : sendWhole)(response, new Reply(name), work);
}

async function sendWhole(response, reply, work) {
  let content = "";
  const onText = (text) => (content += text);
  const { reason, usage } = await engine.complete({ ...work, onStart: () => {}, onText });
  send(response, 200, reply.whole(content, reason, usage));
}

async function sendStream(response, reply, work) {
  const event = (object) => response.write(`data: ${JSON.stringify(object)}\n\n`);
  const onStart = () => {
    response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache",
    });
    event(reply.chunk({ role: "assistant", content: "" }));
  };
  const onText = (content) => event(reply.chunk({ content }));
  const { reason, usage } = await engine.complete({ ...work, onStart, onText });
  event(reply.chunk({}, reason));
  if (work.includeUsage) event(reply.usageChunk(usage));
  response.end("data: [DONE]\n\n");
}

function send(response, status, object) {
  const text = JSON.stringify(object);
  const headers = {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
  };
  response.writeHead(status, headers).end(text);
}

async function route(request, response) {
  // A page in a browser could send one without being able to read the answer, and keep the processor busy.
  if (request.headers.origin) throw new ApiError(403, "This server does not answer web pages.");
  const path = request.url.split("?")[0].replace(/\/$/, "");
  const only = (method) => {
    if (request.method !== method)
      throw new ApiError(405, `Use ${method} here, not ${request.method}.`);
  };
  if (path === "/v1/chat/completions") {
    only("POST");
    return chat(request, response);
  }
  const [, asked] = /^\/v1\/models(?:\/(.+))?$/.exec(path) ?? [null, null];
  if (asked === null) throw new ApiError(404, `There is nothing at ${request.method} ${path}.`);
  only("GET");
  const object = modelObject(name, whenLoaded());
  if (asked === undefined) return send(response, 200, { object: "list", data: [object] });
  checkModel(decoded(asked));
  return send(response, 200, object);
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function answer(request, response) {
  try {
    await route(request, response);
  } catch (error) {
    if (response.destroyed) return; // its reader has gone
    const { status, body } = asApiError(error);
    if (response.headersSent) return void response.end(`data: ${JSON.stringify(body)}\n\n`);
    if (!request.complete) response.setHeader("connection", "close"); // the rest of its body is not read
    send(response, status, body);
    request.resume();
  }
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

async function load() {
  if (!existsSync(env.MODEL_FILE ?? "")) fail(`There is no language model at ${env.MODEL_FILE}.`);
  console.warn = () => {}; // the library's; what matters comes as an error
  try {
    engine = await Engine.load({
      modelFile: env.MODEL_FILE,
      contextTokens: Number(env.CONTEXT_TOKENS) || 8192,
      threads: Number(env.THREADS) || Math.min(8, os.availableParallelism()),
      beginnings: env.BEGINNINGS,
    });
  } catch (error) {
    const reason = String(error.message).split("\n")[0];
    fail(
      `The language model ${env.MODEL_FILE} could not be loaded (${reason}). Is it a whole GGUF file?`,
    );
  }
}

const stop = () => process.exit(0); // nothing is kept, so nothing is to be saved
process.on("SIGINT", stop);
process.on("SIGTERM", stop);
process.stdin.resume();
process.stdin.on("end", stop);
process.stdin.on("error", stop);

const server = createServer({ keepAliveTimeout: 75_000 }, answer);
server.on("error", (error) =>
  fail(`The language model's server cannot listen on port ${env.PORT}: ${error.message}.`),
);
server.listen(Number(env.PORT) || 0, "127.0.0.1", () => {
  console.log(`Language model: http://127.0.0.1:${server.address().port}/v1`);
  load();
});
