// Steps 5 to 7 of docs/pack.md: opened payloads, what the maker states, receipts of peers.

import { type Bytes, hex, octets } from "./bytes";
import type { SignatureCheck } from "./ed25519";
import { commitOf, decodeEntry, isCommitted } from "./entry";
import { broken, refuse, within, withinAsync } from "./fault";
import { OddNumber } from "./json";
import type { VerifierKey } from "./keys";
import type { CheckedLog } from "./log";
import type { Statement } from "./manifest";
import { verifyInclusion } from "./merkle";
import type { Pack, PackReceipt } from "./pack";
import { parseProof } from "./proof";
import { verifyReceipt } from "./statements";

const SILENCES_MAX = 64;
const NOTHING: Bytes = new Uint8Array(0);

/** Checks that every opening is what its entry committed to; step 5. */
export function checkOpenings(pack: Pack, log: CheckedLog): void {
  for (const [index, opening] of log.shown.openings) {
    const what = `${log.what} entry ${index}`;
    const place = { log: log.origin, index };
    if (pack.manifest.release === "sealed") refuse(5, `${what} is opened in a sealed pack`, place);
    const commit = commitOf(log.entry(index) ?? NOTHING);
    if (commit === null) refuse(5, `${what} is opened, and is no sealed entry shown`, place);
    if (!isCommitted(opening, commit)) {
      refuse(5, `${what} opening is not what the entry committed to`, place);
    }
  }
}

/** Checks the C2SP tlog-proof files of cited entries; step 6. */
export function checkProofs(log: CheckedLog): void {
  const heads = new Map(log.heads.map((head) => [octets(head.noteBytes), head.checkpoint]));
  for (const [index, data] of log.shown.proofs) {
    within(6, `${log.what} proof of entry ${index}`, { log: log.origin, index }, () => {
      const leaf = log.leaf(index) ?? broken("not of an entry that is shown");
      const proof = parseProof(data);
      const head = heads.get(proof.checkpoint);
      if (!head || proof.index !== index) broken("not under a head of the pack");
      verifyInclusion(leaf, index, head.size, proof.hashes, head.root);
    });
  }
}

/** How far the maker's statements were checked: how many each. */
export interface StatementsFound {
  /** Computed again from the entries. */
  computed: number;
  /** Words of the maker, which nothing here can check. */
  words: number;
  /** Of a kind that `parley verify` computes again, and this program does not. */
  notComputed: number;
}

/** Checks that every cited entry is shown, and computes statements again where it can; step 6. */
export function checkStatements(pack: Pack, logs: readonly CheckedLog[]): StatementsFound {
  const { statements } = pack.manifest;
  const found = { computed: 0, words: 0, notComputed: 0 };
  if (statements.filter((one) => one.kind === "silence").length > SILENCES_MAX) {
    refuse(6, `more than ${SILENCES_MAX} statements about silence`, { file: "MANIFEST.json" });
  }
  const receipts = receiptPlaces(logs);
  for (const [number, statement] of statements.entries()) {
    const what = `statement ${number}`;
    checkCites(what, statement, logs);
    if (statement.kind === "entry") found[checkEntry(what, statement, logs)]++;
    else if (statement.kind === "receipt") {
      checkReceiptStated(what, statement, logs, receipts);
      found.computed++;
    } else found[statement.kind === "silence" ? "notComputed" : "words"]++;
  }
  return found;
}

function receiptPlaces(logs: readonly CheckedLog[]): ReadonlySet<string> {
  return new Set(
    logs.flatMap((log) =>
      log.shown.receipts.map((one) => receiptPlace(log, one.index, one.peer, String(one.atUs))),
    ),
  );
}

function receiptPlace(log: CheckedLog, index: number, party: string, at: string): string {
  return JSON.stringify([log.origin, index, party, at]);
}

function checkCites(what: string, statement: Statement, logs: readonly CheckedLog[]): void {
  for (const [at, index] of statement.cites) {
    const log = logs[at];
    if (log?.entry(index)) continue;
    const origin = log?.origin ?? `log number ${at}`;
    const reason = `${what} cites entry ${index} of ${origin}, which is not shown`;
    refuse(6, reason, { log: origin, index });
  }
}

/** Returns log and index of the one entry that a statement cites. */
function oneCited(
  what: string,
  statement: Statement,
  logs: readonly CheckedLog[],
): readonly [CheckedLog, number] {
  const [cite, ...more] = statement.cites;
  const log = cite && logs[cite[0]];
  if (!log || more.length > 0) {
    refuse(6, `${what} cites ${statement.cites.length} entries, wanted one`, {
      file: "MANIFEST.json",
    });
  }
  return [log, cite[1]];
}

/** Checks what is stated of one entry: leaf, type, by, issued_us, to, or a field of its body. */
function checkEntry(
  what: string,
  statement: Statement,
  logs: readonly CheckedLog[],
): "computed" | "notComputed" {
  const [log, index] = oneCited(what, statement, logs);
  const place = { log: log.origin, index };
  if (!log.name) refuse(6, `${what} is about ${log.origin}, a log of another profile`, place);
  const opening = log.shown.openings.get(index) ?? null;
  const entry = decodeEntry(log.entry(index) ?? NOTHING, log.name, index, opening);
  if (!entry) refuse(6, `${what} is about an unreadable entry`, place);
  const known = new Map<string, string>([
    ["leaf", hex(log.leaf(index) ?? NOTHING)],
    ["type", entry.type],
    ["by", entry.by],
    ["issued_us", String(entry.issuedUs)],
    ["to", entry.to.join(" ")],
  ]);
  for (const [name, value] of entry.body?.fields ?? []) {
    if (typeof value === "string" || typeof value === "number") {
      known.set(`body.${name}`, String(value));
    } else if (typeof value === "boolean") known.set(`body.${name}`, value ? "True" : "False");
    else if (value instanceof OddNumber) known.set(`body.${name}`, value.text);
  }
  let computed = true;
  for (const [name, value] of statement.values) {
    // A field that is left out stands at its default, which only the type's schema tells.
    const atDefault = entry.body !== null && name.startsWith("body.") && !known.has(name);
    if (atDefault) computed = false;
    else if (known.get(name) !== value) {
      refuse(6, `${what} ${name} of entry ${index} of ${log.origin} is ${value}`, place);
    }
  }
  return computed ? "computed" : "notComputed";
}

/** Checks that a party's receipt of the cited entry is here, of the time that is stated. */
function checkReceiptStated(
  what: string,
  statement: Statement,
  logs: readonly CheckedLog[],
  receipts: ReadonlySet<string>,
): void {
  const [log, index] = oneCited(what, statement, logs);
  const { values } = statement;
  const place = receiptPlace(log, index, values.get("party") ?? "", values.get("at_us") ?? "");
  if (values.size !== 2 || !receipts.has(place)) {
    refuse(6, `${what} is about a receipt of entry ${index} of ${log.origin} that is not here`, {
      log: log.origin,
      index,
    });
  }
}

// ---- 7 receipts ---------------------------------------------------------------------------------

const AT_ONCE = 128;

/** Checks the receipts of a log's entries, each with its peer's link key; step 7. */
export async function checkReceipts(
  log: CheckedLog,
  links: ReadonlyMap<string, VerifierKey>,
  check: SignatureCheck,
  tick: (receipts: number) => void,
): Promise<void> {
  const { receipts } = log.shown;
  for (let at = 0; at < receipts.length; at += AT_ONCE) {
    const some = receipts.slice(at, at + AT_ONCE);
    const done = some.map((one) => checkReceipt(log, one, links, check));
    // All are waited for, and the first that is wrong is the one that is told.
    for (const one of await Promise.allSettled(done)) {
      if (one.status === "rejected") throw one.reason;
    }
    tick(some.length);
  }
}

async function checkReceipt(
  log: CheckedLog,
  receipt: PackReceipt,
  links: ReadonlyMap<string, VerifierKey>,
  check: SignatureCheck,
): Promise<void> {
  const { index, peer, atUs, signature } = receipt;
  const what = `${log.what} entry ${index} receipt of ${peer}`;
  const [leaf, key] = [log.leaf(index), links.get(`parley/${peer}/link`)];
  const place = { log: log.origin, index };
  if (!leaf) refuse(7, `${what} is of no entry that is shown`, place);
  if (!key) refuse(7, `${what} is without the link key of the peer`, place);
  const stated = { holder: peer, origin: log.origin, index, leaf: hex(leaf), atUs };
  await withinAsync(7, what, place, () => verifyReceipt(key, stated, signature, check));
}
