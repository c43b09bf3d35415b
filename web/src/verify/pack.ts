// The parts of an evidence pack, `parley-pack/2`, and its one form. docs/pack.md is its law.
// Reading is strict about places and lenient about damage inside a member, so that the steps can
// say which entry was changed; nothing is verified here.

import { type Bytes, textOf, utf8, viewOf } from "./bytes";
import { SIGNATURE_BYTES } from "./ed25519";
import { broken, refuse, within } from "./fault";
import { GUIDE } from "./guide";
import {
  type ListedKey,
  type ListedLog,
  type ListedRange,
  MANIFEST,
  type Manifest,
  parseManifest,
  writeManifest,
} from "./manifest";
import { checkZip, type Member, zipMembers } from "./packzip";

const ENTRY_BYTES_MAX = 60_000;
const NOTHING: Bytes = new Uint8Array(0);

export interface PackHead {
  readonly size: number;
  readonly note: Bytes;
}

export interface PackRange extends ListedRange {
  readonly bundle: Bytes;
  readonly leaves: Bytes;
  readonly proof: Bytes;
}

export interface PackReceipt {
  readonly index: number;
  readonly peer: string;
  readonly atUs: bigint;
  readonly signature: Bytes;
}

/** One log, or what is shown of it. */
export interface PackLog {
  readonly origin: string;
  readonly keys: readonly ListedKey[];
  readonly policy: Bytes;
  readonly heads: readonly PackHead[];
  readonly consistency: readonly { readonly old: number; readonly size: number; proof: Bytes }[];
  readonly ranges: readonly PackRange[];
  readonly proofs: ReadonlyMap<number, Bytes>;
  readonly openings: ReadonlyMap<number, Bytes>;
  readonly receipts: readonly PackReceipt[];
  readonly openingsMember: Bytes;
  readonly receiptsMember: Bytes;
}

export interface Pack {
  readonly manifest: Manifest;
  readonly logs: readonly PackLog[];
  readonly refused: readonly Bytes[];
}

/** Returns the parts of a pack, nothing verified. */
export function readPack(data: Bytes): Pack {
  const members = zipMembers(data);
  const manifest = parseManifest(members.get(MANIFEST));
  const logs = manifest.logs.map((listed, number) => readLog(members, number, listed));
  const refused = Array.from({ length: manifest.refused }, (_, k) => take(members, `refused/${k}`));
  return { manifest, logs, refused };
}

type Members = ReadonlyMap<string, Bytes>;

function take(members: Members, name: string): Bytes {
  return members.get(name) ?? refuse(0, `pack is without ${name}`, { file: name });
}

function readLog(members: Members, number: number, listed: ListedLog): PackLog {
  const folder = `logs/${number}`;
  within(0, `log ${listed.origin}`, { file: MANIFEST }, () => checkListed(listed));
  const openings = members.get(`${folder}/openings`) ?? NOTHING;
  const receipts = members.get(`${folder}/receipts`) ?? NOTHING;
  return {
    origin: listed.origin,
    keys: listed.keys,
    policy: take(members, `${folder}/policy`),
    heads: listed.heads.map((size) => ({ size, note: take(members, `${folder}/head.${size}`) })),
    consistency: listed.consistency.map(([old, size]) => ({
      old,
      size,
      proof: take(members, `${folder}/consistency.${old}-${size}`),
    })),
    ranges: listed.ranges.map((one) => readRange(members, folder, one)),
    proofs: new Map(
      listed.proofs.map((index) => [index, take(members, `${folder}/proof.${index}`)]),
    ),
    openings: readOpenings(openings, `${folder}/openings`, listed),
    receipts: readReceipts(receipts, `${folder}/receipts`, listed),
    openingsMember: openings,
    receiptsMember: receipts,
  };
}

function readRange(members: Members, folder: string, one: ListedRange): PackRange {
  const place = `${one.start}-${one.end}`;
  return {
    ...one,
    bundle: take(members, `${folder}/entries.${place}`),
    leaves: take(members, `${folder}/leaves.${place}`),
    proof: members.get(`${folder}/range.${place}`) ?? NOTHING,
  };
}

/** Refuses a manifest that lists things out of order, or one of them twice. */
function checkListed(listed: ListedLog): void {
  checkAscending("keys", [...listed.keys.map((key) => key.from)]);
  checkAscending("heads", listed.heads);
  checkAscending("proofs", listed.proofs);
  checkAscending(
    "consistency proofs",
    listed.consistency.map(([old]) => old),
  );
  if (listed.keys[0]?.from !== 0) broken("keys without one from size 0 on");
  if (listed.heads.length === 0) broken("no signed head");
  const heads = new Set(listed.heads);
  let reached = 0;
  for (const one of listed.ranges) {
    const whole = heads.has(one.head) && 0 <= one.start && one.start <= one.end;
    const empty = one.start === one.end && (one.head !== 0 || listed.ranges.length !== 1);
    if (!whole || one.end > one.head || empty || one.start < reached) {
      broken(`range ${one.start} to ${one.end} is not in order under a head`);
    }
    reached = one.end;
  }
}

function checkAscending(what: string, numbers: readonly number[]): void {
  let last = -1;
  for (const number of numbers) {
    if (number <= last) broken(`${what} are not ascending, each once`);
    last = number;
  }
}

/** Takes numbers and bytes off the front of a member. */
class Records {
  private readonly data: Bytes;
  private at = 0;

  constructor(data: Bytes) {
    this.data = data;
  }

  get more(): boolean {
    return this.at < this.data.length;
  }

  take(count: number): Bytes {
    const start = this.at;
    if (start + count > this.data.length) broken(`cut off at byte ${start}`);
    this.at += count;
    return this.data.subarray(start, this.at);
  }

  /** An index; beyond 2^53, where no log has an entry, it is rounded. */
  index(): number {
    return Number(viewOf(this.take(8)).getBigUint64(0));
  }
}

function readOpenings(data: Bytes, name: string, listed: ListedLog): Map<number, Bytes> {
  const found = new Map<number, Bytes>();
  within(0, `log ${listed.origin} openings`, { file: name }, () => {
    const records = new Records(data);
    for (let last = -1; records.more; ) {
      const index = records.index();
      if (index <= last) broken(`index ${index} after ${last}`);
      found.set(index, records.take(viewOf(records.take(4)).getUint32(0)));
      last = index;
    }
    if (found.size !== listed.openings) broken(`${found.size}, not ${listed.openings} as listed`);
  });
  return found;
}

function readReceipts(data: Bytes, name: string, listed: ListedLog): PackReceipt[] {
  const found: PackReceipt[] = [];
  within(0, `log ${listed.origin} receipts`, { file: name }, () => {
    const records = new Records(data);
    let last: PackReceipt | undefined;
    while (records.more) {
      const one = readReceipt(records);
      const later = last && (one.index - last.index || compareText(one.peer, last.peer));
      if (later !== undefined && later <= 0) broken(`index ${one.index} is not ascending`);
      found.push(one);
      last = one;
    }
    if (found.length !== listed.receipts) broken(`${found.length}, not ${listed.receipts}`);
  });
  return found;
}

function readReceipt(records: Records): PackReceipt {
  const index = records.index();
  const name = records.take(viewOf(records.take(2)).getUint16(0));
  const peer = textOf(name) ?? broken(`a peer of entry ${index} that is not UTF-8`);
  const atUs = viewOf(records.take(8)).getBigInt64(0);
  return { index, peer, atUs, signature: records.take(SIGNATURE_BYTES) };
}

/** Compares two texts by their code points, as their UTF-8 bytes are in order. */
function compareText(one: string, other: string): number {
  const [a, b] = [utf8(one), utf8(other)];
  const at = a.findIndex((byte, n) => byte !== b[n]);
  if (at < 0) return a.length - b.length;
  return (a[at] ?? 0) - (b[at] ?? -1);
}

/** Returns the entries of a C2SP entry bundle, up to the first that is cut, empty or too long. */
export function unbundle(data: Bytes): Bytes[] {
  const found: Bytes[] = [];
  for (let at = 0; at < data.length - 1; ) {
    const start = at + 2;
    const size = ((data[at] ?? 0) << 8) | (data[at + 1] ?? 0);
    at = start + size;
    if (at > data.length || size === 0 || size > ENTRY_BYTES_MAX) break;
    found.push(data.subarray(start, at));
  }
  return found;
}

// ---- the one form -------------------------------------------------------------------------------

/** Refuses a file of which one byte is other than `parley-pack/2` writes what was read from it. */
export function checkForm(data: Bytes, pack: Pack): void {
  checkZip(data, membersOf(pack));
}

function* membersOf(pack: Pack): Generator<Member> {
  yield [MANIFEST, writeManifest(pack.manifest)];
  yield ["VERIFY.md", GUIDE];
  for (const [number, log] of pack.logs.entries()) yield* logMembers(`logs/${number}`, log);
  for (const [number, note] of pack.refused.entries()) yield [`refused/${number}`, note];
}

function* logMembers(folder: string, log: PackLog): Generator<Member> {
  yield [`${folder}/policy`, log.policy];
  for (const head of log.heads) yield [`${folder}/head.${head.size}`, head.note];
  for (const one of log.consistency) {
    yield [`${folder}/consistency.${one.old}-${one.size}`, one.proof];
  }
  for (const one of log.ranges) {
    const place = `${one.start}-${one.end}`;
    yield [`${folder}/entries.${place}`, one.bundle];
    yield [`${folder}/leaves.${place}`, one.leaves];
    if (one.proof.length) yield [`${folder}/range.${place}`, one.proof];
  }
  for (const [index, file] of log.proofs) yield [`${folder}/proof.${index}`, file];
  // Read strictly and to their end, these are the only bytes that say what was read.
  if (log.openings.size) yield [`${folder}/openings`, log.openingsMember];
  if (log.receipts.length) yield [`${folder}/receipts`, log.receiptsMember];
}
