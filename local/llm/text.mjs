// Tokens to text as it can be shown: no half characters, nothing of a stop text that may be coming.

export class TextStream {
  #pending = []; // tokens that end within a character
  #before = []; // the tokens before them, which the tokenizer may need
  #held = ""; // text that may be the beginning of a stop text

  constructor(model, stop, onText) {
    this.model = model;
    this.stop = stop;
    this.onText = onText;
  }

  /** Takes the next token; true when a stop text is complete. */
  push(token) {
    this.#pending.push(token);
    const text = this.#text();
    if (text.endsWith("\ufffd") && this.#pending.length < 8) return false;
    return this.#take(text);
  }

  #text() {
    return this.model.detokenize(this.#pending, false, this.#before);
  }

  #take(text) {
    this.#before = [...this.#before, ...this.#pending].slice(-8);
    this.#pending = [];
    this.#held += text;
    const at = Math.min(
      ...this.stop.map((stop) => this.#held.indexOf(stop)).filter((index) => index >= 0),
    );
    if (at !== Infinity) {
      this.#show(at);
      this.#held = "";
      return true;
    }
    this.#show(this.#held.length - this.#startOfStop());
    return false;
  }

  #startOfStop() {
    // How many characters at the end could begin a stop text.
    let most = 0;
    for (const stop of this.stop) {
      for (let length = Math.min(stop.length - 1, this.#held.length); length > most; length--) {
        if (this.#held.endsWith(stop.slice(0, length))) most = length;
      }
    }
    return most;
  }

  #show(length) {
    if (length > 0) this.onText(this.#held.slice(0, length));
    this.#held = this.#held.slice(length);
  }

  /** Shows what was held back; returns the reason. */
  end(reason) {
    if (this.#pending.length) this.#take(this.#text());
    this.#show(this.#held.length);
    return reason;
  }
}
