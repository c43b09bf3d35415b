// Steps 2 and 3 of docs/pack.md: whose signatures, and who else holds the heads.

import { instantText } from "./bytes";
import { openCheckpoint } from "./checkpoint";
import type { SignatureCheck } from "./ed25519";
import { refuse, withinAsync } from "./fault";
import { type CheckedHead, type CheckedLog, type Cosigned, cosignerWords } from "./log";
import { linesOf, timeOf, verifyNote } from "./note";
import type { Pack } from "./pack";
import { isMetBy } from "./policy";
import type { Reason } from "./reason";
import type { Given } from "./stepkeys";

const US_PER_S = 1_000_000n;

/** Fills in the heads of a log, each signed by the key in force at its size. */
export async function checkNotes(log: CheckedLog, check: SignatureCheck): Promise<void> {
  for (const shown of log.shown.heads) {
    const what = `${log.what} head.${shown.size}`;
    const found = await withinAsync(2, what, { log: log.origin }, () =>
      openCheckpoint(shown.note, () => log.keyAt(shown.size), log.origin, check),
    );
    const { size } = found.checkpoint;
    if (size !== shown.size) {
      refuse(2, `${what} is a head of ${size} entries: an old head does not stand for a new one`, {
        log: log.origin,
        index: Math.min(size, shown.size),
      });
    }
    log.heads.push({ ...found, noteBytes: shown.note, cosigned: [] });
  }
}

/** Fills in who cosigned each head, and when. */
export async function checkCosignatures(log: CheckedLog, check: SignatureCheck): Promise<void> {
  for (const head of log.heads) {
    const found: Cosigned[] = [];
    for (const { key } of log.policy.witnesses) {
      const lines = linesOf(head.note, key);
      if (lines.length === 0) continue;
      const what = `${log.what} head.${head.checkpoint.size}`;
      await withinAsync(3, what, { log: log.origin }, () => verifyNote(head.note, key, check));
      const times = [...new Set(lines.map(timeOf))].sort((a, b) => (a < b ? -1 : 1));
      found.push(...times.map((timeS) => ({ cosigner: key.name, timeS })));
    }
    head.cosigned = found;
  }
}

/** Returns whether the policy's quorum cosigned a head, from an instant on if one is named. */
export function isHeld(log: CheckedLog, head: CheckedHead, sinceUs: bigint | null = null): boolean {
  const names = new Map(log.policy.witnesses.map((each) => [each.key.name, each.name]));
  const counted = head.cosigned.filter(
    (each) => sinceUs === null || (each.timeS + 1n) * US_PER_S > sinceUs,
  );
  return isMetBy(
    log.policy,
    counted.map((each) => names.get(each.cosigner) ?? ""),
  );
}

/** Returns why the record is undecided: who did not cosign the newest head, and since when. */
export function checkQuorum(log: CheckedLog): Reason[] {
  if (isHeld(log, log.newestHead)) return [];
  const there = new Set(log.newestHead.cosigned.map((each) => each.cosigner));
  const found: Reason[] = [];
  for (const { key } of log.policy.witnesses) {
    if (there.has(key.name)) continue;
    const party = cosignerWords(key.name);
    const last = lastOf(log, key.name);
    found.push(
      last
        ? {
            code: "stopped",
            weight: "partial",
            values: {
              party,
              at: instantText(last.timeS * US_PER_S),
              size: last.size,
              log: log.origin,
            },
          }
        : { code: "never", weight: "partial", values: { party, log: log.origin } },
    );
  }
  return found;
}

/** Returns a witness's newest cosignature on any head of a log, the larger head of equal times. */
function lastOf(log: CheckedLog, cosigner: string): { timeS: bigint; size: number } | null {
  let last: { timeS: bigint; size: number } | null = null;
  for (const head of log.heads) {
    for (const each of head.cosigned) {
      if (each.cosigner === cosigner && (last === null || each.timeS >= last.timeS)) {
        last = { timeS: each.timeS, size: head.checkpoint.size };
      }
    }
  }
  return last;
}

/** Returns what a reader should know of the policy that a log comes with. */
export function policyRemarks(
  log: CheckedLog,
  given: Given,
  parties: ReadonlySet<string>,
): Reason[] {
  const asked = new Set(log.policy.witnesses.map((each) => each.key.name));
  const found: Reason[] = [];
  const { origin } = log;
  if (isMetBy(log.policy, [])) {
    found.push({ code: "nobodyAsked", weight: "note", values: { log: origin } });
  }
  if ([...asked].some((name) => cosignerWords(name) === log.party)) {
    found.push({ code: "ownParty", weight: "note", values: { log: origin } });
  }
  const mirrors = [...given.keys()].filter((name) => name.endsWith("/mirror"));
  for (const party of [...new Set(mirrors.map(cosignerWords))].sort()) {
    if (parties.has(party) && party !== log.party && !asked.has(`parley/${party}/mirror`)) {
      found.push({ code: "leftOut", weight: "note", values: { log: origin, party } });
    }
  }
  return found;
}

/** Refuses a log that is not shown for all of the time that the pack claims; step 4, "Window". */
export function checkWindow(pack: Pack, log: CheckedLog): void {
  const { window } = pack.manifest;
  if (window === null) return;
  const newest = log.newest.size;
  const times = log.newestHead.cosigned.map((each) => each.timeS * US_PER_S);
  if (times.length === 0 || !isHeld(log, log.newestHead, window.toUs)) {
    const last = times.reduce<bigint | null>((a, b) => (a === null || b > a ? b : a), null);
    refuse(
      4,
      `${log.what} head.${newest} is stale: cosigned ${last === null ? "by nobody" : instantText(last)}`,
      {
        log: log.origin,
        index: newest,
      },
    );
  }
  let before = 0;
  for (const head of log.heads) {
    const early = head.cosigned.some((each) => each.timeS * US_PER_S <= window.fromUs);
    if (early) before = Math.max(before, head.checkpoint.size);
  }
  const start = log.ranges[0]?.start ?? newest;
  const end = log.ranges[0]?.end ?? newest;
  if (start > before || end !== newest) {
    const index = end !== newest ? end : before;
    refuse(4, `${log.what} entry ${index} is not shown, though the pack claims its time`, {
      log: log.origin,
      index,
    });
  }
}
