// Who may use the model now: answers first, then structured work, then prepared beginnings.
// Work is done in steps (a token, a piece of prompt), one at a time: so it gives way while it runs.

export const ANSWER = 0;
export const STRUCTURED = 1;
export const PREPARE = 2;

/** Thrown to who prepares a beginning when work of its kind comes, which may want the very same beginning. */
export class Overtaken extends Error {}

export class Queue {
  #jobs = []; // the first one has its turn
  #atWork = false;

  enter(priority, signal, structured = false) {
    const job = { priority, signal, structured, overtaken: false, wake: () => {} };
    if (priority !== PREPARE)
      for (const other of this.#jobs)
        other.overtaken ||= other.priority === PREPARE && other.structured === structured;
    const place = this.#jobs.findIndex((other) => other.priority > priority);
    this.#jobs.splice(place < 0 ? this.#jobs.length : place, 0, job);
    signal.addEventListener("abort", () => job.wake(), { once: true });
    this.#changed();
    return job;
  }

  /** Does one step when it is this job's turn. Throws when nobody waits for its result any more, or Overtaken. */
  async step(job, work) {
    for (;;) {
      job.signal.throwIfAborted();
      if (job.overtaken) throw new Overtaken();
      if (!this.#atWork && this.#jobs[0] === job && !this.#jobs.some((other) => other.overtaken))
        break;
      await new Promise((resolve) => (job.wake = resolve));
    }
    this.#atWork = true;
    try {
      return await work();
    } finally {
      this.#atWork = false;
      this.#changed();
    }
  }

  leave(job) {
    this.#jobs.splice(this.#jobs.indexOf(job), 1);
    this.#changed();
  }

  #changed() {
    for (const job of this.#jobs) job.wake();
  }
}
