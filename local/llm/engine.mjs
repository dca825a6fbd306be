// The model in memory, its context sequences, and one step at a time (a token, a piece of prompt) on one of them.
// A sequence keeps what it computed: a prompt that begins as an earlier one did starts where the two part.
import {
  getLlama,
  getModuleVersion,
  LlamaGrammarEvaluationState,
  LlamaLogLevel,
  resolveChatWrapper,
} from "node-llama-cpp";
import { Beginnings } from "./beginnings.mjs";
import { ANSWER, Overtaken, Queue } from "./queue.mjs";
import { toGrammar } from "./schema.mjs";
import { TextStream } from "./text.mjs";
import { Threads } from "./threads.mjs";

const ANSWER_SEQUENCES = 3;
const STRUCTURED_SEQUENCES = 4; // for the kinds of prompt that come most often
const STRUCTURED_TOKENS = 4096;
const BATCH_TOKENS = 64; // of an answer's prompt in one step: 0.9 s on two cores, 5 % slower than 128
const SHORT_BATCH_TOKENS = 32; // where an answer may have to wait for the end of the step
const GRAMMARS = 64;

export class PromptTooLong extends Error {
  constructor(promptTokens, contextTokens) {
    super(
      `The messages are ${promptTokens} tokens, and this model reads ${contextTokens} at most. Send fewer or shorter ones.`,
    );
  }
}

export class Engine {
  #grammars = new Map();
  #queue = new Queue();

  static async load({ modelFile, contextTokens, threads, beginnings }) {
    const llama = await getLlama({
      gpu: false,
      build: "never",
      logLevel: LlamaLogLevel.disabled,
      progressLogs: false,
    });
    llama.maxThreads = threads;
    // Without mmap: the weights are repacked for this processor, and the file's pages would stay in memory beside them.
    const model = await llama.loadModel({ modelPath: modelFile, gpuLayers: 0, useMmap: false });
    const engine = new Engine();
    const size = Math.min(contextTokens, model.trainContextSize);
    Object.assign(engine, {
      llama,
      model,
      wrapper: resolveChatWrapper(model),
      threads: new Threads(threads),
    });
    engine.endings = engine.#endings();
    if (beginnings) {
      const library = await getModuleVersion();
      const madeBy = [...(await Beginnings.ofFile(modelFile)), size, library];
      engine.beginnings = new Beginnings(beginnings, madeBy);
      await engine.beginnings.open();
    }
    engine.answers = await engine.#sequences(ANSWER_SEQUENCES, size);
    engine.structured = await engine.#sequences(
      STRUCTURED_SEQUENCES,
      Math.min(STRUCTURED_TOKENS, size),
    );
    return engine;
  }

  get contextTokens() {
    return this.answers[0].size;
  }

  async #sequences(count, contextSize) {
    const context = await this.model.createContext({
      sequences: count,
      contextSize,
      threads: this.threads.most,
      batchSize: BATCH_TOKENS,
      flashAttention: true,
      experimentalKvCacheKeyType: "Q8_0",
      experimentalKvCacheValueType: "Q8_0",
      failedCreationRemedy: false,
    });
    const slot = () => ({
      sequence: context.getSequence(),
      size: contextSize,
      busy: false,
      usedAt: 0,
    });
    return Array.from({ length: count }, slot);
  }

  /** The prompt's tokens. What stands in a message is text, even where it looks like a control token. */
  tokens(messages) {
    const chatHistory = [...messages.map(asChatItem), { type: "model", response: [] }];
    return this.wrapper
      .generateContextState({ chatHistory })
      .contextText.tokenize(this.model.tokenizer);
  }

  #endings() {
    // How a template ends an answer, where that is no token which ends it anyhow.
    const { stopGenerationTriggers } = this.wrapper.generateContextState({ chatHistory: [] });
    const endings = stopGenerationTriggers.map((trigger) => trigger.tokenize(this.model.tokenizer));
    if (endings.some((tokens) => tokens.length === 1 && this.model.isEogToken(tokens[0])))
      return [];
    return endings.map((tokens) => this.model.detokenize(tokens, true)).filter(Boolean);
  }

  async grammar(schema) {
    const key = JSON.stringify(schema ?? null);
    const grammar =
      this.#grammars.get(key) ?? (await this.llama.createGrammar({ grammar: toGrammar(schema) }));
    this.#grammars.delete(key); // so that the one used last is the last one
    this.#grammars.set(key, grammar);
    if (this.#grammars.size > GRAMMARS) this.#grammars.delete(this.#grammars.keys().next().value);
    return grammar;
  }

  /** Completes a prompt: onStart when its turn came, onText with each piece of text. Returns {reason, usage}. */
  async complete(request) {
    const { priority, tokens, signal, maxTokens = Infinity } = request;
    if (tokens.length >= this.contextTokens)
      throw new PromptTooLong(tokens.length, this.contextTokens - 1);
    const usage = { promptTokens: tokens.length, cachedTokens: 0, completionTokens: 0 };
    const job = this.#queue.enter(priority, signal, Boolean(request.grammar));
    let slot;
    try {
      await this.#step(job, () => {
        slot = this.#take(request);
        return this.#begin(slot, tokens);
      });
      usage.cachedTokens = slot.sequence.nextTokenIndex;
      request.onStart();
      await this.#read(job, slot, tokens);
      if (request.keep)
        await this.#step(job, () => this.beginnings?.save(slot.sequence, tokens.slice(0, -1)));
      const most = Math.min(maxTokens, slot.size - tokens.length);
      const reason = most > 0 ? await this.#write(job, slot, request, usage, most) : "length";
      return { reason, usage };
    } catch (error) {
      if (error instanceof Overtaken) return { reason: "length", usage };
      throw error;
    } finally {
      if (slot) slot.busy = false;
      this.#queue.leave(job);
    }
  }

  #take({ tokens, grammar, maxTokens }) {
    const structured = grammar && tokens.length + maxTokens <= this.structured[0].size;
    const slot = chooseSlot(structured ? this.structured : this.answers, tokens);
    slot.busy = true;
    slot.usedAt = performance.now();
    return slot;
  }

  /** Leaves in the sequence what the prompt begins with, from what it computed last or from the disk. */
  async #begin({ sequence }, tokens) {
    await this.beginnings?.restore(sequence, tokens);
    await this.#rewind(sequence, tokens);
  }

  async #rewind(sequence, tokens) {
    // The last token is always computed anew: what follows is chosen from its result.
    const start = Math.min(
      sequence.compareContextTokens(tokens).firstDifferentIndex,
      tokens.length - 1,
    );
    const end = sequence.nextTokenIndex;
    if (start < end) await sequence.eraseContextTokenRanges([{ start, end }]);
  }

  /** Computes the prompt but for its last token. */
  async #read(job, { sequence }, tokens) {
    const batchTokens = job.priority === ANSWER ? BATCH_TOKENS : SHORT_BATCH_TOKENS;
    const end = tokens.length - 1;
    for (let at = sequence.nextTokenIndex; at < end; at += batchTokens) {
      const batch = tokens.slice(at, Math.min(at + batchTokens, end));
      await this.#step(job, () => sequence.evaluateWithoutGeneratingNewTokens(batch));
    }
  }

  async #write(job, { sequence }, { tokens, grammar, sampling, stop, onText }, usage, most) {
    const text = new TextStream(this.model, [...stop, ...this.endings], onText);
    const { model } = this;
    const grammarEvaluationState = grammar && new LlamaGrammarEvaluationState({ model, grammar });
    const written = sequence.evaluate(tokens.slice(-1), { ...sampling, grammarEvaluationState });
    try {
      while (usage.completionTokens < most) {
        const { value, done } = await this.#step(job, () => written.next());
        if (done) return text.end("stop");
        usage.completionTokens++;
        if (text.push(value)) return "stop";
      }
      return text.end("length");
    } finally {
      await written.return();
    }
  }

  #step(job, work) {
    return this.#queue.step(job, () => {
      // The library shares this number out between contexts that it thinks to be at work: two, after a change.
      const { now, most } = this.threads;
      this.llama.maxThreads = now === most ? 2 * most : now;
      return this.threads.during(work);
    });
  }
}

function chooseSlot(slots, tokens) {
  const free = slots.filter((slot) => !slot.busy);
  const shared = new Map(
    free.map((slot) => [slot, slot.sequence.compareContextTokens(tokens).firstDifferentIndex]),
  );
  const longest = free.reduce((best, slot) => (shared.get(slot) > shared.get(best) ? slot : best));
  const most = shared.get(longest);
  if (most >= tokens.length - 1) return longest; // the same prompt again
  // A short common beginning is no reason to throw away a long conversation.
  if (most > 0 && most * 2 >= longest.sequence.nextTokenIndex) return longest;
  return free.reduce((oldest, slot) => (slot.usedAt < oldest.usedAt ? slot : oldest));
}

function asChatItem({ role, text }) {
  if (role === "system") return { type: "system", text };
  if (role === "assistant") return { type: "model", response: [text] };
  return { type: "user", text };
}
