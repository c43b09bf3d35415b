// MANIFEST.json of a pack, `parley-pack/2` (docs/pack.md): where things are. Nothing in it is signed.

import { type Bytes, textOf, utf8 } from "./bytes";
import { broken, refuse, within } from "./fault";
import { asInteger, asList, asPair, asText, Fields } from "./fields";
import { JsonObject, type JsonValue, ofInteger, parseJson, writeJson } from "./json";
import { MEMBERS_MAX } from "./packzip";

export const FORMAT = "parley-pack/2";
export const MANIFEST = "MANIFEST.json";
const LOGS_MAX = 1000;
const STATEMENTS_MAX = 10_000;
const RELEASES = ["full", "sealed", "redacted"] as const;

export interface ListedKey {
  readonly from: number;
  readonly vkey: string;
}

export interface ListedRange {
  readonly start: number;
  readonly end: number;
  readonly head: number;
}

export interface ListedLog {
  readonly origin: string;
  readonly keys: readonly ListedKey[];
  readonly heads: readonly number[];
  readonly consistency: readonly (readonly [number, number])[];
  readonly ranges: readonly ListedRange[];
  readonly proofs: readonly number[];
  readonly openings: number;
  readonly receipts: number;
}

/** What the maker says of the record, with the entries (log number, index) that it cites. */
export interface Statement {
  readonly kind: string;
  readonly text: string;
  readonly cites: readonly (readonly [number, number])[];
  readonly values: ReadonlyMap<string, string>;
}

export interface Manifest {
  readonly release: (typeof RELEASES)[number];
  readonly title: string;
  readonly madeUs: bigint;
  readonly window: { readonly fromUs: bigint; readonly toUs: bigint } | null;
  readonly keys: readonly string[];
  readonly logs: readonly ListedLog[];
  readonly refused: number;
  readonly statements: readonly Statement[];
}

/** Returns the manifest of a pack. */
export function parseManifest(data: Bytes | undefined): Manifest {
  const place = { file: MANIFEST };
  if (data === undefined) refuse(0, "pack is without a manifest", place);
  const manifest = within(0, "pack manifest", place, () => {
    const text = textOf(data) ?? broken("it is not UTF-8");
    return readManifest(new Fields(parseJson(text), "manifest"));
  });
  const origins = new Set(manifest.logs.map((log) => log.origin));
  if (origins.size !== manifest.logs.length) refuse(0, "pack manifest has a log twice", place);
  if (manifest.logs.length > LOGS_MAX || manifest.statements.length > STATEMENTS_MAX) {
    refuse(0, "pack manifest has too many logs or statements", place);
  }
  if (manifest.refused < 0 || manifest.refused > MEMBERS_MAX) {
    refuse(0, `pack manifest has ${manifest.refused} refused notes`, place);
  }
  return manifest;
}

function readManifest(fields: Fields): Manifest {
  const format = fields.text("format");
  if (format !== FORMAT) broken(`format is ${format}, wanted ${FORMAT}`);
  const found = {
    release: fields.oneOf("release", RELEASES),
    title: fields.text("title"),
    madeUs: fields.instant("made_us"),
    window: readWindow(fields.value("window")),
    keys: fields.list("keys", asText),
    logs: fields.list("logs", readLog),
    refused: fields.integer("refused"),
    statements: fields.list("statements", readStatement),
  };
  fields.end();
  return found;
}

function readWindow(value: JsonValue): Manifest["window"] {
  if (value === null) return null;
  const fields = new Fields(value, "window");
  const found = { fromUs: fields.instant("from_us"), toUs: fields.instant("to_us") };
  fields.end();
  return found;
}

function readLog(value: JsonValue): ListedLog {
  const fields = new Fields(value, "log");
  const found = {
    origin: fields.text("origin"),
    keys: fields.list("keys", readKey),
    heads: fields.list("heads", asInteger),
    consistency: fields.list("consistency", asPair),
    ranges: fields.list("ranges", readRange),
    proofs: fields.list("proofs", asInteger),
    openings: fields.integer("openings"),
    receipts: fields.integer("receipts"),
  };
  fields.end();
  return found;
}

function readKey(value: JsonValue): ListedKey {
  const fields = new Fields(value, "log key");
  const found = { from: fields.integer("from"), vkey: fields.text("vkey") };
  fields.end();
  return found;
}

function readRange(value: JsonValue): ListedRange {
  const fields = new Fields(value, "range");
  const [start, end] = [fields.integer("start"), fields.integer("end")];
  const found = { start, end, head: fields.integer("head") };
  fields.end();
  return found;
}

function readStatement(value: JsonValue): Statement {
  const fields = new Fields(value, "statement");
  const found = {
    kind: fields.text("kind"),
    text: fields.text("text"),
    cites: fields.maybe("cites", [], () =>
      asList(fields.value("cites"), "cites").map((each) => asPair(each, "cite")),
    ),
    values: fields.maybe<ReadonlyMap<string, string>>("values", new Map(), () =>
      fields.texts("values"),
    ),
  };
  fields.end();
  return found;
}

// ---- writing ------------------------------------------------------------------------------------

function object(fields: Iterable<readonly [string, JsonValue]>): JsonObject {
  const made = new JsonObject();
  for (const [name, value] of fields) made.fields.set(name, value);
  return made;
}

/** Returns the one MANIFEST.json that says this. */
export function writeManifest(manifest: Manifest): Bytes {
  const window = manifest.window && [
    ["from_us", ofInteger(manifest.window.fromUs)] as const,
    ["to_us", ofInteger(manifest.window.toUs)] as const,
  ];
  const made = object([
    ["format", FORMAT],
    ["release", manifest.release],
    ["title", manifest.title],
    ["made_us", ofInteger(manifest.madeUs)],
    ["window", window && object(window)],
    ["keys", manifest.keys],
    ["logs", manifest.logs.map(logJson)],
    ["refused", manifest.refused],
    ["statements", manifest.statements.map(statementJson)],
  ]);
  return utf8(`${writeJson(made)}\n`);
}

function logJson(log: ListedLog): JsonValue {
  return object([
    ["origin", log.origin],
    ["keys", log.keys.map((key) => object(Object.entries(key)))],
    ["heads", log.heads],
    ["consistency", log.consistency],
    ["ranges", log.ranges.map((range) => object(Object.entries(range)))],
    ["proofs", log.proofs],
    ["openings", log.openings],
    ["receipts", log.receipts],
  ]);
}

function statementJson(statement: Statement): JsonValue {
  return object([
    ["kind", statement.kind],
    ["text", statement.text],
    ["cites", statement.cites],
    ["values", object(statement.values)],
  ]);
}
