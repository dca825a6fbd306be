// The `pattern` of a JSON schema's string as a rule of a grammar. Of regular expressions only what says how a
// line is built: signs, classes of signs, groups, and how often each comes; all of the string, from ^ to $.

const HEX = "[0-9a-fA-F]";
// A sign that JSON writes with a backslash stands for any that no class names.
const ESCAPED = `[\\\\] (["\\\\bfnrt/] | "u" ${HEX} ${HEX} ${HEX} ${HEX})`;
const NEVER = '"\\\\\\x7F\\x00-\\x1F';
const MEANS_MORE = /[.*+?|^$(){}]/;
const PLAIN = /[^"\\\p{Cc}]/u;

/** What stands between the quotation marks; null where the pattern has something else in it. */
export function patternRule(pattern) {
  const inner = /^\^(.*[^\\])\$$/su.exec(pattern)?.[1];
  if (inner === undefined) return null;
  const reader = new Reader(inner);
  const rule = reader.sequence();
  return rule && reader.isAtEnd ? rule : null;
}

class Reader {
  #signs;
  #at = 0;

  constructor(text) {
    this.#signs = [...text];
  }

  get isAtEnd() {
    return this.#at === this.#signs.length;
  }

  /** Up to the end or to a closing bracket; null where it cannot be said. */
  sequence() {
    const parts = [];
    while (!this.isAtEnd && this.#signs[this.#at] !== ")") {
      const atom = this.#atom();
      const times = atom && this.#times();
      if (times === null || !atom) return null;
      parts.push(atom + times);
    }
    return parts.length ? parts.join(" ") : null;
  }

  #atom() {
    const sign = this.#signs[this.#at++];
    if (sign === "(") return this.#group();
    if (sign === "[") return this.#class();
    if (sign === "\\") return this.#escaped();
    return MEANS_MORE.test(sign) || sign === "]" ? null : quoted(sign);
  }

  #group() {
    const inner = this.sequence();
    return inner && this.#signs[this.#at++] === ")" ? `(${inner})` : null;
  }

  #escaped() {
    const sign = this.#signs[this.#at++];
    // \d and its like are classes.
    return sign && !/[\p{L}\p{N}]/u.test(sign) ? quoted(sign) : null;
  }

  #class() {
    const end = this.#signs.indexOf("]", this.#at + 1);
    if (end < 0) return null;
    const inside = this.#signs.slice(this.#at, end);
    this.#at = end + 1;
    const negated = inside[0] === "^";
    const signs = negated ? inside.slice(1) : inside;
    if (!signs.length || !signs.every((sign) => PLAIN.test(sign) && sign !== "[" && sign !== "^"))
      return null;
    return negated ? `([^${NEVER}${signs.join("")}] | ${ESCAPED})` : `[${signs.join("")}]`;
  }

  #times() {
    const sign = this.#signs[this.#at];
    if (sign === "*" || sign === "+" || sign === "?") {
      this.#at++;
      return sign;
    }
    if (sign !== "{") return "";
    const end = this.#signs.indexOf("}", this.#at);
    const times = this.#signs.slice(this.#at, end + 1).join("");
    this.#at = end + 1;
    return end > 0 && /^\{\d{1,4}(,(\d{1,4})?)?\}$/.test(times) ? times : null;
  }
}

const quoted = (sign) => (PLAIN.test(sign) ? `"${sign}"` : null);
