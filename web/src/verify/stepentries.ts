// Step 4 of docs/pack.md, second half: what the entries of a pack say about its logs. What cannot
// be compared, because the pack does not show it, is no fault; where somebody saw more of a log
// than the pack shows, the answer is undecided.

import { same, utf8 } from "./bytes";
import { type Checkpoint, openCheckpoint, parseCheckpoint } from "./checkpoint";
import type { SignatureCheck } from "./ed25519";
import { forksOf, openedBy } from "./entry";
import { CONTESTED, FORKED, PackFault, refuse, withinAsync } from "./fault";
import type { CheckedLog, SeenHead } from "./log";
import { parseNote } from "./note";
import type { Pack } from "./pack";
import type { Reason } from "./reason";

type Logs = ReadonlyMap<string, CheckedLog>;

/** Returns why the record is undecided, and remarks, after checking what logs say of each other. */
export async function checkAgreement(
  pack: Pack,
  logs: readonly CheckedLog[],
  check: SignatureCheck,
): Promise<Reason[]> {
  const byOrigin: Logs = new Map(logs.map((log) => [log.origin, log]));
  const found: Reason[] = [];
  for (const log of logs) {
    found.push(...checkSeen(log, byOrigin), ...checkContinued(log, byOrigin));
  }
  found.push(...(await checkRefused(pack, byOrigin, check)));
  for (const log of logs) await checkEvidence(log, byOrigin, check);
  return found;
}

/** Sorts by origin, then by size. */
function inOrder(one: SeenHead, other: SeenHead): number {
  return one.origin === other.origin ? one.size - other.size : one.origin < other.origin ? -1 : 1;
}

function checkSeen(log: CheckedLog, logs: Logs): Reason[] {
  const by = log.party || log.origin;
  const beyond = new Map<string, Reason>();
  const remarks: Reason[] = [];
  for (const { origin, size, told, root, index } of [...log.seen.values()].sort(inOrder)) {
    const other = logs.get(origin);
    if (!other || other === log) continue;
    const shown = other.newest.size;
    if (size > shown) {
      const values = { log: origin, shown, by: log.origin, index, size: told };
      beyond.set(origin, { code: "seenBeyond", weight: "partial", values });
    } else if (other.isRoot(size, root) === false) {
      // Whoever names another head than it cosigned refutes itself, and spoils nobody's record.
      if (other.cosignedBy(by) < size) contested(log, other, size, index, by);
      const values = { party: by, index, log: log.origin, other: origin, size };
      remarks.push({ code: "refutes", weight: "note", values });
    }
  }
  return [...beyond.values(), ...remarks];
}

function contested(
  log: CheckedLog,
  other: CheckedLog,
  size: number,
  index: number,
  by: string,
): never {
  let good = 0;
  for (const head of log.seen.values()) {
    const agrees = head.origin === other.origin && head.size < size && head.size > good;
    if (agrees && other.isRoot(head.size, head.root)) good = head.size;
  }
  const last = Math.max(size - 1, good);
  refuse(
    4,
    `${other.what} range ${good} to ${size - 1} is not what ${by} saw, by its entry ${index}: ` +
      "one of the two signed a false history",
    { log: other.origin, index: good, last, verdict: `${CONTESTED}${by}` },
  );
}

/** Checks that a log which continues another names a true head of it ("Incarnation"). */
function checkContinued(log: CheckedLog, logs: Logs): Reason[] {
  const continues = openedBy(log)?.continues;
  const other = continues && logs.get(continues.origin);
  if (!other) return [];
  const { origin, size, root } = continues;
  const shown = other.newest.size;
  if (size > shown) {
    const values = { log: log.origin, from: origin, size, shown };
    return [{ code: "continuesBeyond", weight: "partial", values }];
  }
  if (other.isRoot(size, root) === false) {
    const what = `continues a head of ${origin} with ${size} entries that never was`;
    refuse(4, `${log.what} entry 0 ${what}`, { log: log.origin, index: 0 });
  }
  return [];
}

// ---- forks --------------------------------------------------------------------------------------

/** Checks the signed notes that somebody else holds and the maker refused. */
async function checkRefused(pack: Pack, logs: Logs, check: SignatureCheck): Promise<Reason[]> {
  const heads: Checkpoint[] = [];
  for (const [number, data] of pack.refused.entries()) {
    const what = `refused/${number}`;
    const head = await withinAsync(4, what, { file: what }, async () => {
      const log = logs.get(parseCheckpoint(parseNote(data).text).origin);
      if (!log) return null;
      return (await openCheckpoint(data, (size) => log.keyAt(size), log.origin, check)).checkpoint;
    });
    if (head) heads.push(head);
  }
  heads.sort((a, b) => (a.origin === b.origin ? a.size - b.size : a.origin < b.origin ? -1 : 1));
  const beyond: Reason[] = [];
  const agreed = new Map<string, number>();
  for (const head of heads) {
    const log = logs.get(head.origin);
    if (!log) continue;
    const [{ size, origin }, shown, known] = [head, log.newest.size, log.rootAt(head.size)];
    if (size > shown) {
      beyond.push({ code: "heldBeyond", weight: "partial", values: { log: origin, shown, size } });
    } else if (known && same(known, head.root)) agreed.set(origin, size);
    else refuseFork(log, head, agreed.get(origin) ?? 0);
  }
  return beyond;
}

/** Refuses a log of which another head is signed, if the pack says what its own one is. */
function refuseFork(log: CheckedLog, head: Checkpoint, good: number): void {
  if (!log.rootAt(head.size)) return;
  const last = Math.max(head.size - 1, good);
  forked(log, good, last, `two signed roots for size ${head.size}`);
}

function forked(log: CheckedLog, index: number, last: number, why: string): never {
  refuse(4, `${log.what} range ${index} to ${last} is forked: ${why}`, {
    log: log.origin,
    index,
    last,
    verdict: FORKED,
  });
}

/** Checks the forks that the writer of a log saw: two notes of one key that contradict. */
async function checkEvidence(log: CheckedLog, logs: Logs, check: SignatureCheck): Promise<void> {
  for (const [index, { origin, notes }] of forksOf(log)) {
    const other = logs.get(origin);
    if (!other) continue;
    const found: Checkpoint[] = [];
    for (const note of notes) {
      const head = await openOrNull(other, note, check);
      if (head) found.push(head);
    }
    const [one, two] = found;
    if (one && two && one.size === two.size && !same(one.root, two.root)) {
      const why = `two signed roots for size ${one.size}, by entry ${index} of ${log.origin}`;
      forked(other, 0, Math.max(one.size - 1, 0), why);
    }
    for (const head of found) {
      const known = other.rootAt(head.size);
      const differs = !known || !same(known, head.root);
      if (head.size <= other.newest.size && differs) refuseFork(other, head, 0);
    }
  }
}

/** Returns the head of a note, or null: evidence that is none proves nothing against anybody. */
async function openOrNull(
  log: CheckedLog,
  text: string,
  check: SignatureCheck,
): Promise<Checkpoint | null> {
  try {
    const data = utf8(text);
    return (await openCheckpoint(data, (size) => log.keyAt(size), log.origin, check)).checkpoint;
  } catch (error) {
    if (error instanceof PackFault) return null;
    throw error;
  }
}
