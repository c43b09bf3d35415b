// JSON read strictly (RFC 8259): no number is rounded, depth is bounded, keys there twice are told.

import { broken } from "./fault";

/** A number that is no integer, or one beyond 2^53 - 1, which JavaScript would round. */
export class OddNumber {
  readonly text: string;
  readonly isInteger: boolean;
  constructor(text: string) {
    this.text = text;
    this.isInteger = /^-?\d+$/.test(text);
  }
}

/** Returns an integer of any size as a value to be written. */
export function ofInteger(value: bigint): OddNumber {
  return new OddNumber(String(value));
}

/** An object: its fields in their order, the last of a name, and whether a name is there twice. */
export class JsonObject {
  readonly fields = new Map<string, JsonValue>();
  twice = false;
}

export type JsonValue =
  | null
  | boolean
  | string
  | number
  | OddNumber
  | JsonObject
  | readonly JsonValue[];

/** Nested deeper than this no text is read at all. */
export const DEPTH_MAX = 900;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const BLANKS = /[ \t\n\r]*/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const WORDS: ReadonlyArray<readonly [string, JsonValue]> = [
  ["true", true],
  ["false", false],
  ["null", null],
];

class Reader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  whole<T>(read: (reader: Reader) => T): T {
    this.blanks();
    const found = read(this);
    this.blanks();
    if (this.at !== this.text.length) broken(`JSON with more after it at ${this.at}`);
    return found;
  }

  value(depth: number): JsonValue {
    if (depth > DEPTH_MAX) broken("JSON nested too deeply");
    switch (this.text[this.at]) {
      case "{":
        return this.object(depth);
      case "[":
        return this.list(depth);
      case '"':
        return this.string();
      default:
        return this.word();
    }
  }

  /** Reads an object and hands on where the value of each key stands. */
  private members(take: (key: string) => void): void {
    this.at++;
    this.blanks();
    if (this.skip("}")) return;
    do {
      this.blanks();
      if (this.text[this.at] !== '"') broken(`JSON without a key at ${this.at}`);
      const key = this.string();
      this.blanks();
      if (!this.skip(":")) broken(`JSON without a colon at ${this.at}`);
      this.blanks();
      take(key);
      this.blanks();
    } while (this.skip(","));
    if (!this.skip("}")) broken(`JSON without a brace at ${this.at}`);
  }

  private object(depth: number): JsonObject {
    const found = new JsonObject();
    this.members((key) => {
      if (found.fields.has(key)) found.twice = true;
      found.fields.set(key, this.value(depth + 1));
    });
    return found;
  }

  /** Reads the object at the top, keeping the text of each value as it stands. */
  slices(): Map<string, string[]> {
    const found = new Map<string, string[]>();
    if (this.text[this.at] !== "{") broken("no JSON object");
    this.members((key) => {
      const start = this.at;
      this.value(2);
      const slice = this.text.slice(start, this.at);
      const known = found.get(key);
      if (known) known.push(slice);
      else found.set(key, [slice]);
    });
    return found;
  }

  private list(depth: number): readonly JsonValue[] {
    const found: JsonValue[] = [];
    this.at++;
    this.blanks();
    if (this.skip("]")) return found;
    do {
      this.blanks();
      found.push(this.value(depth + 1));
      this.blanks();
    } while (this.skip(","));
    if (!this.skip("]")) broken(`JSON without a bracket at ${this.at}`);
    return found;
  }

  private string(): string {
    let found = "";
    let start = ++this.at;
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code === 34) break;
      // NaN, the end of the text, is not above 31 either.
      if (!(code > 31)) broken(`JSON text with a control or without an end at ${this.at}`);
      if (code === 92) {
        found += this.text.slice(start, this.at) + this.escape();
        start = this.at;
      } else this.at++;
    }
    found += this.text.slice(start, this.at++);
    return found;
  }

  private escape(): string {
    const letter = this.text[this.at + 1] ?? "";
    if (letter !== "u") {
      const found = ESCAPES[letter];
      if (found === undefined) broken(`JSON with an unknown escape at ${this.at}`);
      this.at += 2;
      return found;
    }
    const high = this.unit();
    if (high < 0xd800 || high > 0xdfff) return String.fromCharCode(high);
    const low = high < 0xdc00 && this.text[this.at] === "\\" ? this.unit() : 0;
    if (low < 0xdc00 || low > 0xdfff) broken(`JSON with a lone surrogate at ${this.at}`);
    return String.fromCharCode(high, low);
  }

  private unit(): number {
    const digits = this.text.slice(this.at + 2, this.at + 6);
    if (this.text[this.at + 1] !== "u" || !/^[0-9a-fA-F]{4}$/.test(digits)) {
      broken(`JSON with a bad escape at ${this.at}`);
    }
    this.at += 6;
    return Number.parseInt(digits, 16);
  }

  private word(): JsonValue {
    for (const [word, value] of WORDS) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text)?.[0];
    if (found === undefined) broken(`JSON without a value at ${this.at}`);
    this.at += found.length;
    const number = Number(found);
    return Number.isSafeInteger(number) && !/[.eE]/.test(found) ? number : new OddNumber(found);
  }

  private blanks(): void {
    const code = this.text.charCodeAt(this.at);
    if (code > 32) return;
    BLANKS.lastIndex = this.at;
    this.at += BLANKS.exec(this.text)?.[0].length ?? 0;
  }

  private skip(letter: string): boolean {
    if (this.text[this.at] !== letter) return false;
    this.at++;
    return true;
  }
}

/** Returns the value of a JSON text (RFC 8259). */
export function parseJson(text: string): JsonValue {
  return new Reader(text).whole((reader) => reader.value(1));
}

/** Returns the text of each field of a JSON object as it stands, every one of a name in order. */
export function sliceJson(text: string): Map<string, string[]> {
  return new Reader(text).whole((reader) => reader.slices());
}

/** Returns whether a value is read alike by everybody: keys once, integers only, bounded depth. */
export function isPlain(value: JsonValue, depthMax: number): boolean {
  if (value instanceof OddNumber) return false;
  if (value instanceof JsonObject) {
    if (value.twice || depthMax < 1) return false;
    for (const each of value.fields.values()) if (!isPlain(each, depthMax - 1)) return false;
  } else if (Array.isArray(value)) {
    if (depthMax < 1) return false;
    for (const each of value) if (!isPlain(each, depthMax - 1)) return false;
  }
  return true;
}

/** Returns a value as JSON with one blank of indent per level, as `parley-pack/2` writes it. */
export function writeJson(value: JsonValue, indent = ""): string {
  if (value instanceof OddNumber) return value.text;
  if (Array.isArray(value)) {
    return bracketed(
      "[",
      "]",
      value.map((each) => writeJson(each, `${indent} `)),
      indent,
    );
  }
  if (value instanceof JsonObject) {
    const lines = [...value.fields].map(
      ([key, each]) => `${JSON.stringify(key)}: ${writeJson(each, `${indent} `)}`,
    );
    return bracketed("{", "}", lines, indent);
  }
  return JSON.stringify(value);
}

function bracketed(open: string, close: string, lines: readonly string[], indent: string): string {
  if (lines.length === 0) return open + close;
  return `${open}\n${lines.map((line) => `${indent} ${line}`).join(",\n")}\n${indent}${close}`;
}
