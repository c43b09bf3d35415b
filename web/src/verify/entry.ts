// What an entry says about the record itself: its type, its commitment, heads it has seen, keys.
// An entry is the exact bytes that were signed; they are read strictly, and never written again.

import {
  type Bytes,
  checkPost,
  hex,
  joined,
  roughText,
  textOf,
  US_MAX,
  US_MIN,
  utf8,
} from "./bytes";
import { attempt, broken } from "./fault";
import { asText, Fields } from "./fields";
import { isPlain, JsonObject, type JsonValue, OddNumber, parseJson, sliceJson } from "./json";
import type { CheckedLog, LogName } from "./log";
import { digest } from "./merkle";

const ENTRY_BYTES_MAX = 60_000;
const PAYLOAD_BYTES_MAX = 1_000_000;
const JSON_DEPTH_MAX = 32;
const ADDRESSEES_MAX = 100;
const SALT_BYTES = 32;
const COMMIT_DOMAIN = utf8("parley/commit/v1");
const ABOUT_RECORD = new Set(["log.opened", "key.rotated", "key.revoked", "fork.evidence"]);
const STATUSES = ["actual", "exercise", "test"] as const;

// ---- every entry, quickly -----------------------------------------------------------------------

/** Notes what the entries of a log, all under its signed root, say about the record. */
export function readEntries(log: CheckedLog): void {
  // Neighbours mostly name the same heads, so what they name is read once.
  const named = new Set<string>();
  for (const range of log.ranges) {
    for (const [n, entry] of range.entries.entries()) {
      const done = attempt(() => readFacts(log, range.start + n, entry, named));
      if (done === null) log.unreadable++;
    }
  }
}

function readFacts(log: CheckedLog, index: number, entry: Bytes, named: Set<string>): true {
  const text = textOf(entry);
  const fields = sliceJson(text ?? roughText(entry));
  const types = (fields.get("type") ?? []).map((slice) => asText(parseJson(slice), "type"));
  const type = types.at(-1) ?? "";
  const seen = fields.get("seen")?.at(-1) ?? "{}";
  if (text === null && [...types, seen].join().includes("\ufffd")) broken("not UTF-8");
  if (!named.has(seen)) {
    named.add(seen);
    readSeen(log, index, parseJson(seen));
  }
  if ((fields.get("commit")?.at(-1) ?? "null") !== "null") log.sealed++;
  if (ABOUT_RECORD.has(type)) {
    const known = log.plain.get(type);
    if (known) known.push(index);
    else log.plain.set(type, [index]);
  }
  return true;
}

function readSeen(log: CheckedLog, index: number, value: JsonValue): void {
  if (!(value instanceof JsonObject)) broken("seen is no object");
  const heads = [...value.fields].map(([origin, each]) => {
    const fields = new Fields(each, "seen");
    const size = fields.value("size");
    // A size that is rounded here is beyond every log, and is only compared with sizes.
    const number = size instanceof OddNumber && size.isInteger ? Number(size.text) : size;
    if (typeof number !== "number") broken("seen size is no integer");
    const told = size instanceof OddNumber ? size.text : String(number);
    return { origin, size: number, told, root: fields.text("root"), index };
  });
  for (const head of heads) {
    const key = JSON.stringify([head.origin, head.told, head.root]);
    if (!log.seen.has(key)) log.seen.set(key, head);
  }
}

// ---- one entry, whole ---------------------------------------------------------------------------

/** An entry as far as it is the same for every type; `body` is its payload, where it is shown. */
export interface Entry {
  readonly type: string;
  readonly by: string;
  readonly to: readonly string[];
  readonly issuedUs: number;
  readonly body: JsonObject | null;
}

/** Returns an entry, its common fields checked, or null where it breaks the rules of its log. */
export function decodeEntry(
  data: Bytes,
  log: LogName,
  index: number,
  opening: Bytes | null = null,
): Entry | null {
  return attempt(() => readEntry(data, log, index, opening));
}

/** Returns the one JSON object that every reader sees alike in these bytes. */
function readObject(data: Bytes, bytesMax: number): JsonObject {
  if (data.length > bytesMax) broken(`an entry of ${data.length} bytes`);
  const value = parseJson(textOf(data) ?? broken("an entry that is not UTF-8"));
  if (!(value instanceof JsonObject) || !isPlain(value, JSON_DEPTH_MAX)) broken("no plain object");
  return value;
}

function readEntry(data: Bytes, log: LogName, index: number, opening: Bytes | null): Entry {
  const fields = new Fields(readObject(data, ENTRY_BYTES_MAX), "entry");
  if (fields.integer("v") !== 1 || fields.integer("seq") !== index) broken("another place");
  const found = {
    type: fields.text("type"),
    by: fields.text("by"),
    to: fields.maybe<readonly string[]>("to", [], () => fields.list("to", asText)),
    issuedUs: fields.integer("issued_us"),
  };
  checkInstant(found.issuedUs);
  checkPost(found.by);
  if (found.to.length > ADDRESSEES_MAX || new Set(found.to).size !== found.to.length) {
    broken("addressees that are too many or there twice");
  }
  const commit = checkCommon(fields);
  const plain = fields.has("body");
  if (plain === (commit !== null)) broken("neither a body nor a commitment, or both");
  if (plain && fields.maybe("audience", null, () => fields.value("audience"), true) !== null) {
    broken("an audience without a commitment");
  }
  if (!plain && ABOUT_RECORD.has(found.type)) broken("sealed, where it must be plain");
  const body = plain ? fields.value("body") : opened(opening, commit);
  fields.end();
  if (!(body instanceof JsonObject)) {
    if (plain) broken("a body that is no object");
    return { ...found, body: null };
  }
  if (body.fields.has("type")) broken("a type in the body");
  checkKind(found.type, body, log);
  return { ...found, body };
}

/** Checks the other common fields and returns the commitment, if there is one. */
function checkCommon(fields: Fields): string | null {
  fields.maybe("ref", null, () => fields.list("ref", readReference));
  fields.maybe("status", null, () => fields.oneOf("status", STATUSES));
  fields.maybe("audience", null, () => fields.list("audience", asText), true);
  fields.maybe("valid_until_us", null, () => checkInstant(fields.integer("valid_until_us")), true);
  fields.maybe("happened", null, () => readInterval(fields.value("happened")), true);
  fields.maybe("seen", null, () => {
    const seen = fields.value("seen");
    if (!(seen instanceof JsonObject)) broken("seen is no object");
    for (const each of seen.fields.values()) {
      const head = new Fields(each, "seen");
      head.integer("size");
      head.text("root");
      head.end();
    }
  });
  return fields.maybe<string | null>("commit", null, () => fields.text("commit"), true);
}

function readReference(value: JsonValue, what: string): void {
  const fields = new Fields(value, what);
  fields.text("log");
  fields.integer("index");
  fields.text("leaf");
  fields.end();
}

function readInterval(value: JsonValue): void {
  const fields = new Fields(value, "interval");
  const [from, to] = [fields.integer("from_us"), fields.integer("to_us")];
  fields.end();
  checkInstant(from);
  checkInstant(to);
  if (from > to) broken("an interval that ends before it begins");
}

function checkInstant(atUs: number): void {
  if (atUs < US_MIN || atUs > US_MAX) broken(`an instant that is not from 1900 to 2100: ${atUs}`);
}

/** Refuses an entry about the record in a log of a kind in which it does not stand. */
function checkKind(type: string, body: JsonObject, log: LogName): void {
  const wanted =
    type === "log.opened"
      ? body.fields.get("kind")
      : type === "key.revoked" || type === "fork.evidence"
        ? "line"
        : log.kind;
  if (wanted !== log.kind) broken(`${type} in a ${log.kind} log`);
}

function opened(opening: Bytes | null, commit: string | null): JsonObject | null {
  if (opening === null || commit === null) return null;
  if (!isCommitted(opening, commit)) broken("another opening than was committed to");
  return readObject(opening.subarray(SALT_BYTES), PAYLOAD_BYTES_MAX);
}

/** Returns whether an opening, a salt and a payload, is the one of a commitment in hexadecimal. */
export function isCommitted(opening: Bytes, commit: string): boolean {
  return opening.length >= SALT_BYTES && hex(digest(joined([COMMIT_DOMAIN, opening]))) === commit;
}

/** Returns the commitment of an entry, or null for what is no entry, or could be read in two ways. */
export function commitOf(data: Bytes): string | null {
  return attempt(() => {
    const text = roughText(data);
    if (text.split('"commit"').length !== 2 || text.includes("\\")) {
      readObject(data, ENTRY_BYTES_MAX);
    }
    const fields = new Fields(parseJson(text), "entry");
    fields.maybe("audience", null, () => fields.list("audience", asText), true);
    const until = fields.maybe("valid_until_us", null, () => fields.value("valid_until_us"), true);
    if (until !== null && typeof until !== "number" && !(until instanceof OddNumber)) {
      broken("valid_until_us is no integer");
    }
    return fields.maybe<string | null>("commit", null, () => fields.text("commit"), true);
  });
}

// ---- the bodies of entries about the record -----------------------------------------------------

export interface LogOpened {
  readonly keys: ReadonlyMap<string, string>;
  readonly continues: { origin: string; size: number; root: string } | null;
}

export interface KeyRotated {
  readonly old: string;
  readonly new: string;
  readonly possession: string;
  readonly nextSha256: string;
}

/** Yields index and body of each entry of a type about the record that can be read whole. */
export function* bodiesOf<T>(
  log: CheckedLog,
  type: string,
  read: (fields: Fields) => T,
): Generator<readonly [number, T]> {
  if (!log.name) return;
  for (const index of log.plain.get(type) ?? []) {
    const entry = decodeEntry(log.entry(index) ?? new Uint8Array(0), log.name, index);
    const body = entry?.type === type ? entry.body : null;
    const found = body && attempt(() => readBody(body, type, read));
    if (found !== null) yield [index, found];
  }
}

function readBody<T>(body: JsonObject, type: string, read: (fields: Fields) => T): T {
  const fields = new Fields(body, type);
  const found = read(fields);
  fields.end();
  return found;
}

/** Returns the body of a log's first entry, where it is shown and opens the log. */
export function openedBy(log: CheckedLog): LogOpened | null {
  for (const [index, body] of bodiesOf(log, "log.opened", readOpened)) {
    if (index === 0) return body;
  }
  return null;
}

function readOpened(fields: Fields): LogOpened {
  fields.text("agreement");
  fields.oneOf("kind", ["line", "ops", "private"]);
  fields.integer("year");
  fields.integer("rules_version");
  fields.maybe("instance", "", () => fields.text("instance"));
  const continues = () => {
    const named = new Fields(fields.value("continues"), "continues");
    named.oneOf("why", ["year", "takeover", "restored", "forked"]);
    const [origin, size] = [named.text("origin"), named.integer("size")];
    const found = { origin, size, root: named.text("root") };
    named.end();
    return found;
  };
  return {
    keys: fields.texts("keys"),
    continues: fields.maybe<LogOpened["continues"]>("continues", null, continues, true),
  };
}

/** Returns the changes of key that a log tells of, by index. */
export function rotationsOf(log: CheckedLog): (readonly [number, KeyRotated])[] {
  return [
    ...bodiesOf(log, "key.rotated", (fields) => {
      fields.oneOf("role", ["log"]);
      return {
        old: fields.text("old"),
        new: fields.text("new"),
        possession: fields.text("possession"),
        nextSha256: fields.text("next_sha256"),
      };
    }),
  ];
}

/** Returns the notes of root statements in a log. */
export function revocationsOf(log: CheckedLog): readonly string[] {
  return [...bodiesOf(log, "key.revoked", (fields) => fields.text("statement"))].map(([, t]) => t);
}

/** Returns the forks that the writer of a log saw: two signed heads of one log. */
export function forksOf(
  log: CheckedLog,
): (readonly [number, { origin: string; notes: readonly [string, string] }])[] {
  return [
    ...bodiesOf(log, "fork.evidence", (fields) => {
      const origin = fields.text("origin");
      const notes = [fields.text("held"), fields.text("refused")] as const;
      fields.text("why");
      fields.maybe("root", "", () => fields.text("root"));
      fields.maybe<readonly string[]>("proof", [], () => fields.list("proof", asText));
      return { origin, notes };
    }),
  ];
}
