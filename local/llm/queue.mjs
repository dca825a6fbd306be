// Who may use the model now: answers first, then structured work, then prepared beginnings.
// Work asks again before each step (a token, a piece of prompt), so that it gives way while it runs.

export const ANSWER = 0;
export const STRUCTURED = 1;
export const PREPARE = 2;

export class Queue {
  #jobs = []; // the first one has its turn
  #waiting = new Map(); // job -> resolve

  enter(priority) {
    const job = { priority };
    const place = this.#jobs.findIndex((other) => other.priority > priority);
    this.#jobs.splice(place < 0 ? this.#jobs.length : place, 0, job);
    return job;
  }

  /** Resolves when this job is the first, or its signal says that nobody waits for it any more. */
  async turn(job, signal) {
    while (this.#jobs[0] !== job && !signal.aborted) {
      await new Promise((resolve) => {
        this.#waiting.set(job, resolve);
        signal.addEventListener("abort", resolve, { once: true });
      });
    }
    signal.throwIfAborted();
  }

  leave(job) {
    this.#jobs.splice(this.#jobs.indexOf(job), 1);
    this.#waiting.delete(job);
    this.#waiting.get(this.#jobs[0])?.();
  }

  get length() {
    return this.#jobs.length;
  }
}
