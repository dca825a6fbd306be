// How many threads a step may use. llama.cpp's threads wait for each other many times in a millisecond, and spin:
// with a thread on each core while another process uses one of them, every step takes many times as long.
import os from "node:os";

const PERIOD_MS = 200; // of work, between two choices: the system counts in ticks of 10 ms
const FORGET_MS = 3000; // after such a pause the other process has probably ended

export class Threads {
  #work = { ms: 0, ours: 0, idle: 0 };
  #endedAt = 0;

  constructor(most) {
    this.most = most;
    this.now = most;
  }

  /** Runs one step, and learns from it how many cores the next one can have. */
  async during(step) {
    const before = look();
    if (before.ms - this.#endedAt > FORGET_MS) this.now = this.most;
    const result = await step();
    const after = look();
    this.#endedAt = after.ms;
    for (const key in after) this.#work[key] += after[key] - before[key];
    if (this.#work.ms >= PERIOD_MS) this.#choose();
    return result;
  }

  #choose() {
    const { ms, ours, idle } = this.#work;
    // Ours are the cores that we had, and those that nobody used.
    this.now = Math.min(this.most, Math.max(1, Math.floor((ours + idle) / ms + 0.3)));
    this.#work = { ms: 0, ours: 0, idle: 0 };
  }
}

function look() {
  const { user, system } = process.cpuUsage();
  const idle = os.cpus().reduce((sum, { times }) => sum + times.idle, 0);
  return { ms: performance.now(), ours: (user + system) / 1000, idle };
}
