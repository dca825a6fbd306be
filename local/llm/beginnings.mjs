// Computed beginnings of prompts, kept on disk from one start to the next: those of which whoever asks says that they
// hold nothing of anybody. A file is named by what it was computed from and by the hash of its bytes, since the library
// may crash on a damaged one, or on one of another model.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";

const MOST_FILES = 16; // of 8 to 23 MB each with the model that set-up installs
const WORTH_TOKENS = 100; // fewer are computed sooner than read
const SUFFIX = ".beginning";
const TOKENS = ".tokens"; // of which it is the outcome, as a list
const UNFINISHED = ".new";
const GIVEN_UP_MS = 3_600_000; // a file that was not finished so long ago never will be

export class Beginnings {
  #kept = []; // the tokens of those that are known to be there

  /** In `folder`; `madeBy` tells apart what computes differently: the model, its context, the library. */
  constructor(folder, madeBy) {
    this.folder = folder;
    this.madeBy = madeBy;
  }

  /** What of a model's file matters here. */
  static async ofFile(file) {
    const { size, mtimeMs } = await stat(file);
    return [basename(file), size, Math.floor(mtimeMs)];
  }

  /** Learns which ones earlier starts have kept. */
  async open() {
    for (const name of await this.#names(TOKENS)) {
      try {
        const tokens = JSON.parse(await readFile(join(this.folder, name), "utf8"));
        if (name === this.#key(tokens) + TOKENS) this.#kept.push(tokens);
      } catch (error) {
        this.#tell("could not be read", error);
      }
    }
  }

  /** Fills the sequence with as much of a prompt as is kept, where that is much more than it holds. */
  async restore(sequence, tokens) {
    const shared = new Map(this.#kept.map((kept) => [kept, common(kept, tokens)]));
    const [longest, most] = [...shared].sort(([, one], [, other]) => other - one)[0] ?? [null, 0];
    const held = sequence.compareContextTokens(tokens).firstDifferentIndex;
    if (most - held < WORTH_TOKENS) return;
    const file = await this.#file(longest);
    try {
      if (!file?.endsWith(`-${await hashOf(file)}${SUFFIX}`)) throw new Error("it is damaged");
      await sequence.loadStateFromFile(file, { acceptRisk: true });
      await utimes(file, new Date(), new Date());
    } catch (error) {
      this.#tell("could not be read", error);
      this.#kept = this.#kept.filter((kept) => kept !== longest);
      if (file) await this.#remove(file);
    }
  }

  /** Keeps these tokens, which are what the sequence holds. */
  async save(sequence, tokens) {
    if (this.#kept.some((kept) => common(kept, tokens) === tokens.length)) return;
    const fresh = join(this.folder, `${this.#key(tokens)}.${process.pid}${UNFINISHED}`);
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      await sequence.saveStateToFile(fresh);
      const whole = `${this.#key(tokens)}-${await hashOf(fresh)}${SUFFIX}`;
      await rename(fresh, join(this.folder, whole));
      await writeFile(fresh, JSON.stringify(tokens));
      await rename(fresh, join(this.folder, this.#key(tokens) + TOKENS));
      this.#kept.push(tokens);
      await this.#forgetOldest();
    } catch (error) {
      this.#tell("could not be kept", error);
      await rm(fresh, { force: true });
    }
  }

  #key(tokens) {
    const made = JSON.stringify([this.madeBy, tokens]);
    return createHash("sha256").update(made).digest("hex").slice(0, 32);
  }

  async #file(tokens) {
    const key = this.#key(tokens);
    const name = (await this.#names(SUFFIX)).find((name) => name.startsWith(key));
    return name && join(this.folder, name);
  }

  async #names(ending) {
    const all = await readdir(this.folder).catch(() => []);
    return all.filter((name) => name.endsWith(ending));
  }

  async #forgetOldest() {
    const finished = await this.#withTimes(SUFFIX);
    const oldest = finished.sort((one, other) => other.at - one.at).slice(MOST_FILES);
    const unfinished = await this.#withTimes(UNFINISHED);
    const givenUp = unfinished.filter(({ at }) => Date.now() - at > GIVEN_UP_MS);
    for (const { file } of oldest) await this.#remove(file);
    for (const { file } of givenUp) await rm(file, { force: true });
  }

  async #withTimes(ending) {
    const files = (await this.#names(ending)).map((name) => join(this.folder, name));
    const timed = files.map(async (file) => ({ file, at: (await stat(file)).mtimeMs }));
    return Promise.all(timed);
  }

  async #remove(file) {
    await rm(file, { force: true });
    await rm(join(this.folder, basename(file).split(/[-.]/)[0] + TOKENS), { force: true });
  }

  #tell(what, error) {
    console.error(`A prompt's beginning ${what}: ${error.message}`);
  }
}

function common(some, others) {
  const most = Math.min(some.length, others.length);
  let at = 0;
  while (at < most && some[at] === others[at]) at++;
  return at;
}

async function hashOf(file) {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex").slice(0, 32);
}
