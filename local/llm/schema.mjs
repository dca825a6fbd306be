// JSON schema to a grammar (GBNF) that the model's tokens must follow. Objects are written compactly, with
// one space at most after a comma or colon: with free whitespace a small model may never end.

import { patternRule } from "./pattern.mjs";

const PRIMITIVES = `
string ::= "\\"" char* "\\""
char ::= [^"\\\\\\x7F\\x00-\\x1F] | [\\\\] (["\\\\bfnrt/] | "u" [0-9a-fA-F] [0-9a-fA-F] [0-9a-fA-F] [0-9a-fA-F])
integer ::= "-"? ("0" | [1-9] [0-9]{0,15})
number ::= integer ("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,3})?
boolean ::= "true" | "false"
null ::= "null"
value ::= object | array | string | number | boolean | null
object ::= "{" (string ":" " "? value ("," " "? string ":" " "? value)*)? "}"
array ::= "[" (value ("," " "? value)*)? "]"
`;

const IGNORED = [
  "title",
  "description",
  "default",
  "examples",
  "$schema",
  "$id",
  "$defs",
  "definitions",
  "strict",
];
const KNOWN = {
  object: ["properties", "required", "additionalProperties"],
  array: ["items", "minItems", "maxItems"],
  string: ["minLength", "maxLength", "pattern"],
  integer: [],
  number: [],
  boolean: [],
  null: [],
};

export class UnsupportedSchema extends Error {}

/** The grammar's text for a schema, or for any JSON object when there is none. */
export function toGrammar(schema) {
  if (!schema) return `root ::= object${PRIMITIVES}`;
  const writer = new Writer(schema);
  const root = writer.rule(schema);
  return [`root ::= ${root}`, ...writer.rules].join("\n") + PRIMITIVES;
}

class Writer {
  rules = [];
  #names = new Map(); // $ref -> rule name

  constructor(root) {
    this.root = root;
  }

  #define(text) {
    const name = `r${this.rules.length}`;
    this.rules.push(`${name} ::= ${text}`);
    return name;
  }

  rule(schema) {
    if (schema === true) return "value";
    if (typeof schema !== "object" || schema === null || Array.isArray(schema))
      unsupported("a schema that is no object");
    if ("$ref" in schema) return this.#reference(schema.$ref);
    if ("const" in schema) return literal(schema.const);
    if ("enum" in schema)
      return this.#define(nonEmpty(schema.enum, "enum").map(literal).join(" | "));
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices)
      return this.#define(
        nonEmpty(choices, "anyOf")
          .map((choice) => this.rule(choice))
          .join(" | "),
      );
    if (Array.isArray(schema.type)) {
      return this.#define(
        nonEmpty(schema.type, "type")
          .map((type) => this.#typed(type, schema))
          .join(" | "),
      );
    }
    return this.#typed(schema.type ?? (schema.properties ? "object" : undefined), schema);
  }

  #typed(type, schema) {
    if (type === undefined) {
      refuseUnknown(schema, []);
      return "value";
    }
    if (!(type in KNOWN)) unsupported(`type ${JSON.stringify(type)}`);
    refuseUnknown(schema, Array.isArray(schema.type) ? Object.values(KNOWN).flat() : KNOWN[type]);
    if (type === "object") return this.#object(schema);
    if (type === "array") return this.#array(schema);
    if (type === "string") return this.#string(schema);
    return type;
  }

  #object({ properties, required, additionalProperties }) {
    if (!properties || !Object.keys(properties).length) {
      if (additionalProperties === false) return '"{}"';
      if (typeof additionalProperties !== "object") return "object";
      const pair = this.#define(`string ":" " "? ${this.rule(additionalProperties)}`);
      return this.#define(`"{" (${pair} ("," " "? ${pair})*)? "}"`);
    }
    // Properties come in the order in which the schema names them; others than these are never written.
    const needed = new Set(required ?? Object.keys(properties));
    for (const name of needed)
      if (!(name in properties)) unsupported(`required ${JSON.stringify(name)} without a property`);
    const pairs = Object.entries(properties).map(([name, schema]) => ({
      text: `${literal(name)} ":" " "? ${this.rule(schema)}`,
      needed: needed.has(name),
    }));
    return this.#define(`"{" ${this.#pairs(pairs)} "}"`);
  }

  #pairs(pairs) {
    // What may follow when something was written already, and when nothing was, from the last one backwards.
    let after = '""';
    let first = '""';
    for (const { text, needed } of pairs.toReversed()) {
      const next = `"," " "? ${text} ${after}`;
      const start = `${text} ${after}`;
      first = needed ? this.#define(start) : this.#define(`${start} | ${first}`);
      after = needed ? this.#define(next) : this.#define(`${next} | ${after}`);
    }
    return first;
  }

  #array({ items, minItems = 0, maxItems }) {
    count(minItems, "minItems");
    if (maxItems !== undefined) count(maxItems, "maxItems");
    const item = items === undefined ? "value" : this.rule(items);
    if (maxItems === 0) return '"[]"';
    const more = (least) => `{${Math.max(0, least)},${maxItems === undefined ? "" : maxItems - 1}}`;
    const list = `${item} ("," " "? ${item})${more(minItems - 1)}`;
    return this.#define(minItems > 0 ? `"[" ${list} "]"` : `"[" (${list})? "]"`);
  }

  #string({ minLength = 0, maxLength, pattern }) {
    count(minLength, "minLength");
    if (pattern !== undefined) {
      const rule = minLength || maxLength !== undefined ? null : patternRule(pattern);
      if (rule === null) unsupported(`pattern ${JSON.stringify(pattern)} as it stands`);
      return this.#define(`"\\"" ${rule} "\\""`);
    }
    if (maxLength !== undefined) count(maxLength, "maxLength");
    if (!minLength && maxLength === undefined) return "string";
    return this.#define(`"\\"" char{${minLength},${maxLength ?? ""}} "\\""`);
  }

  #reference(ref) {
    if (typeof ref !== "string" || !ref.startsWith("#")) unsupported(`$ref ${JSON.stringify(ref)}`);
    if (this.#names.has(ref)) return this.#names.get(ref);
    const found = ref
      .split("/")
      .slice(1)
      .reduce((at, key) => at?.[key], this.root);
    if (found === undefined) unsupported(`$ref ${JSON.stringify(ref)}`);
    const name = `ref${this.#names.size}`;
    this.#names.set(ref, name); // before its content is read: it may name itself
    this.rules.push(`${name} ::= ${this.rule(found)}`);
    return name;
  }
}

function literal(value) {
  const escaped = JSON.stringify(JSON.stringify(value)).slice(1, -1);
  return `"${escaped}"`;
}

function nonEmpty(list, key) {
  if (!Array.isArray(list) || !list.length) unsupported(`an empty ${key}`);
  return list;
}

function count(value, key) {
  if (!Number.isInteger(value) || value < 0 || value > 10_000)
    unsupported(`${key} ${JSON.stringify(value)}`);
}

function refuseUnknown(schema, known) {
  const unknown = Object.keys(schema).find((key) => ![...IGNORED, ...known, "type"].includes(key));
  if (unknown) unsupported(JSON.stringify(unknown));
}

function unsupported(what) {
  throw new UnsupportedSchema(`The JSON schema uses ${what}, which this server cannot enforce.`);
}
