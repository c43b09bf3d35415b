// Packs for the tests of this folder: one log with a mirror, sealed entries and receipts, from
// fixed keys. The packs that all verifiers share come from tests/review/packkit.py.

import { getPublicKey, hashes, sign } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import { type Bytes, hex, instantText, joined, utf8, viewOf } from "./bytes";
import { GUIDE } from "./guide";
import { makeKey, type VerifierKey, vkeyOf } from "./keys";
import { writeManifest } from "./manifest";
import { digest, leafHash, Tree } from "./merkle";
import { cosignedMessage } from "./note";
import { type Member, zipPieces } from "./packzip";

hashes.sha512 = sha512;

export const ORIGIN = "parley.example/AGR-1/COAL/line/2026";
const START_US = 1_780_000_000_000_000n;
const START_S = START_US / 1_000_000n;
const SECRETS = { log: 1, mirror: 2, link: 3 };

function secret(job: keyof typeof SECRETS): Bytes {
  return digest(Uint8Array.of(SECRETS[job]));
}

export function keyOf(name: string, job: keyof typeof SECRETS): VerifierKey {
  const publicKey = new Uint8Array(getPublicKey(secret(job)));
  return makeKey(name, job === "mirror" ? 4 : 1, publicKey);
}

const LOG = keyOf(ORIGIN, "log");
const MIRROR = keyOf("parley/RUS/mirror", "mirror");
const LINK = keyOf("parley/RUS/link", "link");
/** The vkeys that their owners would hand over. */
export const GIVEN = [vkeyOf(keyOf("parley/COAL/log", "log")), vkeyOf(MIRROR), vkeyOf(LINK)];

function signed(job: keyof typeof SECRETS, message: Bytes): Bytes {
  return new Uint8Array(sign(message, secret(job)));
}

function line(key: VerifierKey, payload: Bytes): string {
  const id = key.id.match(/../g)?.map((two) => Number.parseInt(two, 16)) ?? [];
  return `\u2014 ${key.name} ${btoa(String.fromCharCode(...id, ...payload))}\n`;
}

/** Returns a head of a tree, signed by the log and cosigned by the mirror. */
function note(tree: Tree, size: number): Bytes {
  const root = btoa(String.fromCharCode(...(tree.root(size) ?? [])));
  const text = `${ORIGIN}\n${size}\n${root}\n`;
  const time = new Uint8Array(8);
  viewOf(time).setBigUint64(0, START_S);
  const cosigned = joined([time, signed("mirror", cosignedMessage(text, START_S))]);
  return utf8(`${text}\n${line(LOG, signed("log", utf8(text)))}${line(MIRROR, cosigned)}`);
}

function receipt(index: number, entry: Bytes): Bytes {
  const leaf = hex(leafHash(entry));
  const at = instantText(START_US);
  const lines = ["holder RUS", `log ${ORIGIN}`, `index ${index}`, `leaf ${leaf}`, `at ${at}`, ""];
  const head = new Uint8Array(10 + 3 + 8);
  viewOf(head).setBigUint64(0, BigInt(index));
  viewOf(head).setUint16(8, 3);
  head.set(utf8("RUS"), 10);
  viewOf(head).setBigInt64(13, START_US);
  return joined([head, signed("link", utf8(["parley/receipt/v1", ...lines].join("\n")))]);
}

const SALT = digest(utf8("salt"));

export function opening(payload: string): Bytes {
  return joined([SALT, utf8(payload)]);
}

/** Returns an entry: the first opens the log, every fourth one is sealed, the others are messages. */
function entryOf(index: number): Bytes {
  const at = `"issued_us":${Number(START_US) + index}`;
  const start = `{"v":1,"type":"message.said","seq":${index},${at},"by":"desk","to":["RUS"]`;
  if (index % 4 === 3) {
    const commit = digest(joined([utf8("parley/commit/v1"), opening(`{"text":"${index}"}`)]));
    return utf8(`${start},"commit":"${hex(commit)}"}`);
  }
  return utf8(`${start},"body":{"line":"L1","text":"number ${index} é"}}`);
}

export interface Made {
  readonly data: Bytes;
  readonly entries: readonly Bytes[];
}

/** Returns a pack of a log of so many entries, heads at half of them and all, all receipts. */
export function makePack(count: number): Made {
  const entries = Array.from({ length: count }, (_, index) => entryOf(index));
  const leaves = joined(entries.map(leafHash));
  const tree = new Tree(leaves);
  const heads = [...new Set([Math.ceil(count / 2), count])];
  const sealed = entries.flatMap((_, index) => (index % 4 === 3 ? [index] : []));
  const place = `0-${count}`;
  const vkey = vkeyOf(LOG);
  const policy = `log ${vkey}\nwitness m ${vkeyOf(MIRROR)}\nquorum m\n`;
  const listed = { origin: ORIGIN, keys: [{ from: 0, vkey }], heads, consistency: [] };
  const ranges = [{ start: 0, end: count, head: count }];
  const counts = { proofs: [], openings: sealed.length, receipts: count };
  const manifest = writeManifest({
    release: "full",
    title: "kit",
    madeUs: START_US,
    window: null,
    keys: [vkeyOf(LINK)],
    logs: [{ ...listed, ranges, ...counts }],
    refused: 0,
    statements: [],
  });
  const members: Member[] = [
    ["MANIFEST.json", manifest],
    ["VERIFY.md", GUIDE],
    ["logs/0/policy", utf8(policy)],
    ...heads.map((size): Member => [`logs/0/head.${size}`, note(tree, size)]),
    [`logs/0/entries.${place}`, joined(entries.flatMap((entry) => [length(entry), entry]))],
    [`logs/0/leaves.${place}`, leaves],
    ["logs/0/openings", joined(sealed.map(openingRecord))],
    ["logs/0/receipts", joined(entries.map((entry, index) => receipt(index, entry)))],
  ];
  return { data: joined([...zipPieces(members)]), entries };
}

function length(entry: Bytes): Bytes {
  return Uint8Array.of(entry.length >> 8, entry.length & 255);
}

function openingRecord(index: number): Bytes {
  const data = opening(`{"text":"${index}"}`);
  const head = new Uint8Array(12);
  viewOf(head).setBigUint64(0, BigInt(index));
  viewOf(head).setUint32(8, data.length);
  return joined([head, data]);
}

/** Returns numbers from 0 up to a bound, the same for the same seed (xorshift32). */
export function dice(seed: number): (bound: number) => number {
  let state = seed | 1;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

export const FLIPS = Number(process.env["PARLEY_FLIPS"] ?? "200");
export const SEED = Number(process.env["PARLEY_SEED"] ?? "1");
