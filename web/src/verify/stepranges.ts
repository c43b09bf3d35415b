// Step 4 of docs/pack.md, first half: every entry under a signed root, and heads of one history.
// Where entries and root disagree, the leaf hashes beside them tell which entry was changed, if
// they are the signed ones; else the heads narrow it down.

import { type Bytes, HASH_BYTES, hex, same } from "./bytes";
import { attempt, FORKED, type Place, refuse, within } from "./fault";
import type { CheckedLog } from "./log";
import {
  hashAt,
  hashCount,
  leafHash,
  rangeRoot,
  splitHashes,
  Tree,
  verifyConsistency,
} from "./merkle";
import { type PackRange, unbundle } from "./pack";

/** Fills in the ranges and the tree of a log whose heads are checked. */
export function checkRanges(log: CheckedLog, tick: (entries: number) => void): void {
  const roots = new Map(log.heads.map((head) => [head.checkpoint.size, head.checkpoint.root]));
  for (const shown of log.shown.ranges) {
    const entries = unbundle(shown.bundle);
    const leaves = leavesOf(entries, tick);
    const tree = shown.start === 0 ? new Tree(leaves) : null;
    const root = roots.get(shown.head);
    // Bytes behind the last entry are no entry, and nothing that anybody signed.
    const read = entries.reduce((sum, entry) => sum + 2 + entry.length, 0);
    const complete = read === shown.bundle.length && entries.length === shown.end - shown.start;
    if (!complete || !root || !isUnder(leaves, tree, shown, root)) {
      refuseRange(log, shown, leaves, tree, root ?? leaves);
    }
    if (!same(leaves, shown.leaves)) refuseLeaves(log, shown, leaves);
    log.ranges.push({ start: shown.start, end: shown.end, entries, leaves });
    log.tree = tree ?? log.tree;
  }
  checkHeads(log);
}

const TICK_ENTRIES = 256;

function leavesOf(entries: readonly Bytes[], tick: (entries: number) => void): Bytes {
  const leaves = new Uint8Array(entries.length * HASH_BYTES);
  for (const [n, entry] of entries.entries()) {
    leaves.set(leafHash(entry), n * HASH_BYTES);
    if ((n + 1) % TICK_ENTRIES === 0) tick(TICK_ENTRIES);
  }
  tick(entries.length % TICK_ENTRIES);
  return leaves;
}

function isUnder(leaves: Bytes, tree: Tree | null, shown: PackRange, root: Bytes): boolean {
  if (tree && shown.head === shown.end && shown.proof.length === 0) {
    return same(tree.root() ?? leaves, root);
  }
  const found = attempt(() => rangeRoot(leaves, shown.start, shown.head, splitHashes(shown.proof)));
  return found !== null && same(found, root);
}

function forked(log: CheckedLog, index: number, size: number): never {
  const last = Math.max(size - 1, index);
  refuse(4, `${log.what} ${span(index, last)} is forked: two signed roots for size ${size}`, {
    log: log.origin,
    index,
    last,
    verdict: FORKED,
  });
}

/** Checks that every signed head is of this same history. */
function checkHeads(log: CheckedLog): void {
  let good = 0;
  for (const { checkpoint } of log.heads) {
    const { size } = checkpoint;
    if (size > log.tree.size) break;
    if (!same(log.tree.root(size) ?? checkpoint.root, checkpoint.root)) forked(log, good, size);
    good = size;
  }
  checkConsistency(log);
}

/** Checks the consistency proofs (RFC 6962, 2.1.2) of the heads that need one, and of no others. */
function checkConsistency(log: CheckedLog): void {
  const sizes = log.heads.map((head) => head.checkpoint.size);
  const fromStart = log.shown.ranges.filter((one) => one.start === 0).map((one) => one.end);
  const known = Math.max(0, ...fromStart);
  const needed = sizes
    .slice(1)
    .map((size, n) => [sizes[n] ?? 0, size] as const)
    .filter(([old, size]) => old > 0 && size > known);
  const listed = log.shown.consistency;
  const alike =
    needed.length === listed.length &&
    needed.every(([old, size], n) => listed[n]?.old === old && listed[n]?.size === size);
  if (!alike) {
    refuse(4, `${log.what} has consistency proofs of other heads than those that need one`, {
      log: log.origin,
    });
  }
  for (const { old, size, proof } of listed) {
    const place = { log: log.origin, index: old, last: size - 1 };
    within(4, `${log.what} heads of ${old} and ${size} entries`, place, () => {
      const [before, after] = [log.rootAt(old), log.rootAt(size)];
      if (before && after) verifyConsistency(old, size, splitHashes(proof), before, after);
    });
  }
}

function span(index: number, last: number): string {
  return last <= index ? `entry ${index}` : `range ${index} to ${last}`;
}

// ---- where it is --------------------------------------------------------------------------------

/** Says which entry is not what was signed. */
function refuseRange(
  log: CheckedLog,
  shown: PackRange,
  found: Bytes,
  tree: Tree | null,
  root: Bytes,
): never {
  const count = shown.end - shown.start;
  const signed = shown.leaves.subarray(0, hashCount(shown.leaves) * HASH_BYTES);
  const signedTree = shown.start === 0 ? new Tree(signed) : null;
  if (hashCount(signed) === count && isUnder(signed, signedTree, shown, root)) {
    refuseEntry(log, shown.start, found, signed);
  }
  if (tree) refuseHistory(log, tree, shown);
  const last = Math.max(shown.end - 1, shown.start);
  refuse(
    4,
    `${log.what} ${span(shown.start, last)}: ${hashCount(found)} entries that do not give the ` +
      `signed root, wanted all ${count} as the head of ${shown.head} has them`,
    { log: log.origin, index: shown.start, last },
  );
}

/** Says which entry differs from the leaf hashes that the log signed, and how. */
function refuseEntry(log: CheckedLog, start: number, found: Bytes, signed: Bytes): never {
  const [here, there] = [hashCount(found), hashCount(signed)];
  let at = 0;
  while (at < here && at < there && same(hashAt(found, at), hashAt(signed, at))) at++;
  const place: Place = { log: log.origin, index: start + at };
  refuse(4, `${log.what} entry ${start + at} is ${howChanged(found, signed, at)}`, place);
}

function howChanged(found: Bytes, signed: Bytes, at: number): string {
  const [here, there] = [hashCount(found), hashCount(signed)];
  if (at === there) return "added after the signed record";
  if (at === here) return `deleted or cut, with all ${there - at} from it to the end`;
  const wanted = hex(hashAt(signed, at));
  for (let n = at; n < here; n++) {
    if (hex(hashAt(found, n)) === wanted) {
      return "not in its place: added or put in another order";
    }
  }
  const next = at + 1 < there && same(hashAt(found, at), hashAt(signed, at + 1));
  return next ? "deleted" : "changed since it was signed";
}

/** Narrows damage down between two signed heads where entries and leaf hashes both differ. */
function refuseHistory(log: CheckedLog, tree: Tree, shown: PackRange): never {
  let good = 0;
  for (const { checkpoint } of log.heads) {
    const { size } = checkpoint;
    const root = tree.root(size);
    if (root && same(root, checkpoint.root)) {
      good = size;
      continue;
    }
    if (size > tree.size && tree.size < shown.end) {
      refuse(4, `${log.what} entry ${good} or a later one is deleted: ${tree.size} entries`, {
        log: log.origin,
        index: good,
        last: shown.end - 1,
      });
    }
    const last = Math.max(good, Math.min(size, shown.end) - 1);
    refuse(4, `${log.what} ${span(good, last)} is not what was signed under size ${size}`, {
      log: log.origin,
      index: good,
      last,
    });
  }
  refuse(4, `${log.what} range proof ${shown.start} to ${shown.end} gives another root`, {
    log: log.origin,
    index: shown.start,
    last: Math.max(shown.end - 1, shown.start),
  });
}

function refuseLeaves(log: CheckedLog, shown: PackRange, found: Bytes): never {
  const count = Math.min(hashCount(found), hashCount(shown.leaves));
  let at = 0;
  while (at < count && same(hashAt(found, at), hashAt(shown.leaves, at))) at++;
  const index = shown.start + (at < count ? at : 0);
  refuse(4, `${log.what} entry ${index} has another leaf hash beside it than its own`, {
    log: log.origin,
    index,
  });
}
