// Who may use the model now: answers first, then structured work, then prepared beginnings.
// Work asks again before each step (a token, a piece of prompt), so that it gives way while it runs.

export const ANSWER = 0;
export const STRUCTURED = 1;
export const PREPARE = 2;

export class Queue {
  #jobs = []; // the first one has its turn

  enter(priority, signal) {
    const job = { priority, signal, wake: () => {} };
    const place = this.#jobs.findIndex((other) => other.priority > priority);
    this.#jobs.splice(place < 0 ? this.#jobs.length : place, 0, job);
    signal.addEventListener("abort", () => job.wake(), { once: true });
    return job;
  }

  /** Resolves when this job is the first; throws when nobody waits for its result any more. */
  async turn(job) {
    job.signal.throwIfAborted();
    while (this.#jobs[0] !== job) {
      await new Promise((resolve) => (job.wake = resolve));
      job.signal.throwIfAborted();
    }
  }

  leave(job) {
    this.#jobs.splice(this.#jobs.indexOf(job), 1);
    this.#jobs[0]?.wake();
  }

  get length() {
    return this.#jobs.length;
  }
}
