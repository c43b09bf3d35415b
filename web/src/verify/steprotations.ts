// Step 1 of docs/pack.md again, once the entries are known: what they say about the keys.

import { instantText } from "./bytes";
import type { SignatureCheck } from "./ed25519";
import { type KeyRotated, openedBy, revocationsOf, rotationsOf } from "./entry";
import { attempt, PackFault, refuse } from "./fault";
import { parseVkey, type VerifierKey, vkeyDigest, vkeyOf } from "./keys";
import type { CheckedLog } from "./log";
import { openRootStatement, type RootStatement, verifyRotation } from "./statements";
import { type Given, partyKey } from "./stepkeys";

const US_PER_S = 1_000_000n;

/** Two public keys in hexadecimal: the first gave way to the second. */
export type Link = readonly [string, string];

/** Returns which key gave way to which, after checking each change of key of a log ("Rotation"). */
export async function checkRotations(log: CheckedLog, check: SignatureCheck): Promise<Link[]> {
  const opened = openedBy(log);
  let promised = opened?.keys.get("next");
  checkFirst(log, opened?.keys.get("log"));
  const rotations = rotationsOf(log);
  const links: Link[] = [];
  let used = 0;
  for (const [n, listed] of log.shown.keys.entries()) {
    const [old, key] = [log.keys[n - 1], log.keys[n]];
    if (!old || !key) continue;
    const [index, body] = rotations[used++] ?? [Number.POSITIVE_INFINITY, null];
    if (body === null || index > listed.from - 2) {
      const what = `${log.what} key from size ${listed.from} is ${vkeyOf(key)}`;
      refuse(1, `${what}, wanted an entry key.rotated before it that is shown`, {
        log: log.origin,
        index: Math.max(listed.from - 2, 0),
      });
    }
    const covering = log.heads.find((head) => head.checkpoint.size > index)?.checkpoint.size;
    if (covering !== listed.from - 1) refuseOldKey(log, index, `signs up to ${listed.from - 1}`);
    const flaw =
      (await flawOf(log, body, old, promised, check)) ??
      (parseVkey(body.new).point === key.point ? null : "a change to another key of the pack");
    if (flaw !== null) {
      refuse(1, `${log.what} entry ${index}: ${flaw}`, { log: log.origin, index });
    }
    links.push([old.point, key.point]);
    promised = body.nextSha256;
  }
  await checkRest(log, rotations.slice(used), promised, check);
  return links;
}

/** A change that does not hold changed nothing, whoever wrote it; after one that does, one head. */
async function checkRest(
  log: CheckedLog,
  rotations: readonly (readonly [number, KeyRotated])[],
  promised: string | undefined,
  check: SignatureCheck,
): Promise<void> {
  const last = log.keys[log.keys.length - 1] ?? log.firstKey;
  for (const [index, body] of rotations) {
    const later = log.heads.filter((head) => head.checkpoint.size > index).length;
    if (later > 1 && (await flawOf(log, body, last, promised, check)) === null) {
      refuseOldKey(log, index, "signs on");
    }
  }
}

function checkFirst(log: CheckedLog, stated: string | undefined): void {
  if (stated === undefined) return;
  if (attempt(() => parseVkey(stated))?.point !== log.firstKey.point) {
    refuse(1, `${log.what} key is not the one that the log's first entry names`, {
      log: log.origin,
      index: 0,
    });
  }
}

function refuseOldKey(log: CheckedLog, index: number, how: string): never {
  refuse(1, `${log.what} entry ${index} is a change of key after which the old key ${how}`, {
    log: log.origin,
    index,
  });
}

/** Returns why a change of key does not hold; what is promised outside of the pack is not looked at. */
async function flawOf(
  log: CheckedLog,
  body: KeyRotated,
  old: VerifierKey,
  promised: string | undefined,
  check: SignatureCheck,
): Promise<string | null> {
  try {
    const present = partyKey(log, old);
    await verifyRotation(log.party, body, present, promised || vkeyDigest(body.new), check);
    return null;
  } catch (error) {
    if (error instanceof PackFault) return error.message;
    throw error;
  }
}

/** Checks that every log begins with a given key, or one that took over from it ("Given keys"). */
export async function checkGivenChain(
  logs: readonly CheckedLog[],
  links: ReadonlyMap<string, readonly Link[]>,
  given: Given,
  check: SignatureCheck,
): Promise<void> {
  // Root keys that only the pack gives could be anybody's, so they appoint nobody.
  const roots = new Map<string, VerifierKey>();
  for (const [name, keys] of given) if (keys[0]) roots.set(name, keys[0]);
  const appointed = new Set<string>();
  for (const one of given.size ? await rootStatements(logs, roots, check) : []) {
    if (one.action !== "revoke" && one.role === "log") appointed.add(parseVkey(one.key).point);
  }
  for (const log of logs) {
    if (!log.given) continue;
    const { party, origin } = log;
    const keys = [...(given.get(origin) ?? []), ...(given.get(`parley/${party}/log`) ?? [])];
    const known = grown(new Set(keys.map((key) => key.point)), links.get(party) ?? []);
    if (!known.has(log.firstKey.point) && !appointed.has(log.firstKey.point)) {
      refuse(1, `${log.what} key is no given one, nor one that took over from it`, { log: origin });
    }
  }
}

/** Returns the keys with all that lead to or from them by changes of key. */
function grown(known: Set<string>, links: readonly Link[]): ReadonlySet<string> {
  for (let size = -1; size !== known.size; ) {
    size = known.size;
    for (const [old, key] of links) {
      if (known.has(old)) known.add(key);
      else if (known.has(key)) known.add(old);
    }
  }
  return known;
}

/** Returns what the root keys of parties stated in the logs; what they did not sign is nothing. */
async function rootStatements(
  logs: readonly CheckedLog[],
  keys: ReadonlyMap<string, VerifierKey>,
  check: SignatureCheck,
): Promise<RootStatement[]> {
  const found: RootStatement[] = [];
  for (const text of logs.flatMap(revocationsOf)) {
    try {
      found.push(await openRootStatement(text, keys, check));
    } catch (error) {
      if (!(error instanceof PackFault)) throw error;
    }
  }
  return found;
}

/** Checks that no log rests on a key that its root had revoked before anybody cosigned. */
export async function checkRevoked(
  logs: readonly CheckedLog[],
  others: ReadonlyMap<string, VerifierKey>,
  check: SignatureCheck,
): Promise<void> {
  for (const one of await rootStatements(logs, others, check)) {
    if (one.action !== "revoke" || one.role !== "log") continue;
    const revoked = parseVkey(one.key);
    for (const log of logs) checkNotRevoked(log, revoked, one.atUs);
  }
}

function checkNotRevoked(log: CheckedLog, revoked: VerifierKey, atUs: bigint): void {
  const sizes = log.heads.map((head) => head.checkpoint.size);
  const signed = sizes.filter((size) => log.keyAt(size).point === revoked.point);
  const newest = signed[signed.length - 1];
  if (`parley/${log.party}/log` !== revoked.name || newest === undefined) return;
  let held = 0;
  for (const head of log.heads) {
    if (head.cosigned.some((each) => each.timeS * US_PER_S < atUs)) held = head.checkpoint.size;
  }
  if (newest > held) {
    refuse(1, `${log.what} entry ${held} is signed by a key revoked from ${instantText(atUs)} on`, {
      log: log.origin,
      index: held,
      last: newest - 1,
    });
  }
}
