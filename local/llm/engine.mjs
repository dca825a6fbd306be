// The model in memory, its context sequences, and one completion at a time on one of them.
// A sequence keeps what it computed: a prompt that begins as the last one did starts where they part.
import { getLlama, LlamaLogLevel, LlamaText, resolveChatWrapper } from "node-llama-cpp";
import { ANSWER, PREPARE, Queue } from "./queue.mjs";
import { toGrammar } from "./schema.mjs";
import { TextStream } from "./text.mjs";

const CHUNK_TOKENS = 64; // of prompt, between two looks at who waits
const ANSWER_SEQUENCES = 3;
const STRUCTURED_SEQUENCES = 4;
const STRUCTURED_TOKENS = 4096;

export class PromptTooLong extends Error {
  constructor(promptTokens, contextTokens) {
    super(
      `This model's context is ${contextTokens} tokens, and the messages are ${promptTokens}. Send fewer or shorter ones.`,
    );
  }
}

export class Engine {
  #grammars = new Map();
  #queue = new Queue();

  static async load({ modelFile, contextTokens, threads }) {
    const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error, progressLogs: false });
    const model = await llama.loadModel({ modelPath: modelFile, gpuLayers: 0 });
    const context = (sequences, contextSize) =>
      model.createContext({ sequences, contextSize, threads, batchSize: 128, flashAttention: true });
    const engine = new Engine();
    engine.llama = llama;
    engine.model = model;
    engine.wrapper = resolveChatWrapper(model);
    engine.contextTokens = Math.min(contextTokens, model.trainContextSize);
    engine.answers = sequencesOf(await context(ANSWER_SEQUENCES, engine.contextTokens));
    engine.structured = sequencesOf(
      await context(STRUCTURED_SEQUENCES, Math.min(STRUCTURED_TOKENS, engine.contextTokens)),
    );
    return engine;
  }

  /** The prompt's tokens. What stands in a message is text, even where it looks like a control token. */
  tokens(messages) {
    const { contextText } = this.wrapper.generateContextState({
      chatHistory: [...messages.map(asChatItem), { type: "model", response: [] }],
    });
    return contextText.tokenize(this.model.tokenizer);
  }

  grammar(schema) {
    const key = JSON.stringify(schema ?? null);
    const known = this.#grammars.get(key);
    if (known) return known;
    const made = this.llama.createGrammar({ grammar: toGrammar(schema) });
    return made.then((grammar) => {
      if (this.#grammars.size >= 64) this.#grammars.delete(this.#grammars.keys().next().value);
      this.#grammars.set(key, grammar);
      return grammar;
    });
  }

  /** Completes the messages; onText gets the pieces. Returns the finish reason and the token counts. */
  async complete({ priority, tokens, grammar, maxTokens, sampling, stop, signal, onText }) {
    const job = this.#queue.enter(priority);
    const limit = Math.max(this.answers[0].size, this.structured[0].size);
    let slot;
    try {
      if (tokens.length >= limit) throw new PromptTooLong(tokens.length, limit - 1);
      await this.#queue.turn(job, signal);
      slot = await this.#take(tokens, grammar ? maxTokens : undefined, grammar || false);
      const usage = { promptTokens: tokens.length, cachedTokens: slot.sequence.nextTokenIndex, completionTokens: 0 };
      const room = slot.size - tokens.length;
      const steps = { job, slot, tokens, grammar, sampling, signal, onText, usage };
      const rest = await this.#readPrompt(steps, priority === PREPARE);
      if (priority === PREPARE) return { reason: "length", usage };
      const reason = await this.#write(steps, rest, Math.min(maxTokens ?? room, room), stop);
      return { reason, usage };
    } finally {
      if (slot) slot.busy = false;
      this.#queue.leave(job);
    }
  }

  async #take(tokens, maxTokens, structured) {
    const fits = structured && tokens.length + maxTokens <= this.structured[0].size;
    const slot = choose(fits ? this.structured : this.answers, tokens);
    slot.busy = true;
    slot.usedAt = performance.now();
    // At least the last token is computed anew: what follows is chosen from its result.
    const { shared } = slot;
    const keep = Math.min(shared, tokens.length - 1);
    const { nextTokenIndex } = slot.sequence;
    if (keep < nextTokenIndex) await slot.sequence.eraseContextTokenRanges([{ start: keep, end: nextTokenIndex }]);
    return slot;
  }

  async #readPrompt({ job, slot, tokens, signal }, preparing) {
    const last = preparing ? tokens.length : tokens.length - 1;
    for (let at = slot.sequence.nextTokenIndex; at < last; at = slot.sequence.nextTokenIndex) {
      if (preparing && this.#queue.length > 1) return [];
      await this.#queue.turn(job, signal);
      const end = Math.min(last, at + CHUNK_TOKENS);
      if (!preparing && end === last) return tokens.slice(at); // together with the last token
      await slot.sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(at, end));
    }
    return tokens.slice(slot.sequence.nextTokenIndex);
  }

  async #write({ job, slot, grammar, sampling, signal, onText, usage }, rest, maxTokens, stop) {
    const text = new TextStream(this.model, stop, onText);
    const grammarEvaluationState = grammar
      ? new (await import("node-llama-cpp")).LlamaGrammarEvaluationState({ model: this.model, grammar })
      : undefined;
    const written = slot.sequence.evaluate(rest, { ...sampling, grammarEvaluationState });
    try {
      for (;;) {
        await this.#queue.turn(job, signal);
        const { value, done } = await written.next();
        signal.throwIfAborted();
        if (!done) usage.completionTokens++;
        if (done || text.push(value)) return text.end("stop");
        if (usage.completionTokens >= maxTokens) return text.end("length");
      }
    } finally {
      await written.return();
    }
  }
}

function sequencesOf(context) {
  const { contextSize } = context;
  return Array.from({ length: context.totalSequences }, () => ({
    sequence: context.getSequence(),
    size: contextSize,
    busy: false,
    usedAt: 0,
  }));
}

function choose(slots, tokens) {
  const free = slots.filter((slot) => !slot.busy);
  for (const slot of free) slot.shared = slot.sequence.compareContextTokens(tokens).firstDifferentIndex;
  const longest = free.reduce((best, slot) => (slot.shared > best.shared ? slot : best));
  // A short common beginning is no reason to throw away a long conversation.
  if (longest.shared * 2 >= longest.sequence.nextTokenIndex && longest.shared > 0) return longest;
  return free.reduce((oldest, slot) => (slot.usedAt < oldest.usedAt ? slot : oldest));
}

function asChatItem({ role, text }) {
  if (role === "system") return { type: "system", text };
  if (role === "assistant") return { type: "model", response: [text] };
  return { type: "user", text };
}
