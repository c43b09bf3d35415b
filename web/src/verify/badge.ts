// The badge of a record, as a plain record that goes from the worker to the page.

import { type Bytes, hex } from "./bytes";
import type { SignatureCheck } from "./ed25519";
import { INTACT, PackFault, type Step } from "./fault";
import { fingerprint } from "./keys";
import type { CheckedLog } from "./log";
import { digest } from "./merkle";
import type { Reason } from "./reason";
import { readGiven } from "./stepkeys";
import { isHeld } from "./stepnotes";
import { sayReason } from "./texts";
import { type PackReport, type Progress, verifyPack } from "./verify";

export type Badge = "RECORD INTACT" | "PARTIAL" | "FAILED";

/** The first thing that is wrong: where, and what in English, as `parley verify` says it. */
export interface Flaw {
  /** Origin of the log, or "" where no log can be named. */
  readonly log: string;
  readonly index?: number;
  readonly last?: number;
  readonly what: string;
  readonly step: Step;
  /** The member of the pack, or the byte, where no log can be named. */
  readonly file: string;
}

/** How many entries of others' logs a party has cosigned, of how many. */
export interface PartyHeld {
  readonly party: string;
  readonly cosigned: number;
  readonly others: number;
}

/** What was found of a pack; counts are of the entries that the pack shows. */
export interface Verdict {
  readonly badge: Badge;
  /** In the words of `parley verify`: "record intact", "undecided: ...", "not intact", ... */
  readonly verdict: string;
  readonly entries: number;
  readonly logs: number;
  /** Entries that another party than the log's own has cosigned. */
  readonly cosigned: number;
  /** Entries that a quorum does not hold, or no other party than the log's own. */
  readonly unheld: number;
  /** Sealed entries whose payload is not in the pack. */
  readonly sealed: number;
  /** In English; `details` are the same to be worded in another language. */
  readonly reasons: readonly string[];
  readonly details: readonly Reason[];
  readonly flaw?: Flaw;
  /** How many of the entries in logs of others each party has cosigned, and how many there are. */
  readonly parties: readonly PartyHeld[];
  /** The key that signed the newest head of each log, to compare by voice with its owner. */
  readonly keys: readonly { readonly log: string; readonly fingerprint: string }[];
  readonly keysGiven: boolean;
  readonly checkedAtPackSha256: string;
}

/** Returns the badge of a pack; `given` are vkeys that the person has from their owners. */
export async function badgeOf(
  data: Bytes,
  given: readonly string[],
  check: SignatureCheck,
  onProgress?: Progress,
): Promise<Verdict> {
  const keys = readGiven(given);
  const sha256 = hex(digest(data));
  try {
    return passed(await verifyPack(data, keys, check, onProgress), sha256);
  } catch (error) {
    if (error instanceof PackFault) return failed(error, sha256);
    throw error;
  }
}

function failed(fault: PackFault, sha256: string): Verdict {
  const { log, index, last, step, message } = fault;
  const flaw: Flaw = {
    log,
    ...(index === null ? {} : { index }),
    ...(last === null ? {} : { last }),
    what: message,
    step,
    file: fault.file || (log === "" ? "pack" : ""),
  };
  return {
    badge: "FAILED",
    verdict: fault.verdict,
    entries: 0,
    logs: 0,
    cosigned: 0,
    unheld: 0,
    sealed: 0,
    reasons: [message],
    details: [],
    flaw,
    parties: [],
    keys: [],
    keysGiven: false,
    checkedAtPackSha256: sha256,
  };
}

function passed(report: PackReport, sha256: string): Verdict {
  const { logs } = report;
  const shown = (end: (log: CheckedLog) => number) =>
    logs.reduce((sum, log) => sum + shownBelow(log, end(log)), 0);
  const entries = shown(() => Number.POSITIVE_INFINITY);
  const sealed = logs.reduce((sum, log) => sum + log.sealed - log.shown.openings.size, 0);
  const details = [...report.reasons, ...countedReasons(report, sealed)];
  const intact = report.verdict === INTACT && details.every((one) => one.weight === "note");
  return {
    badge: intact ? "RECORD INTACT" : "PARTIAL",
    verdict: report.verdict,
    entries,
    logs: logs.length,
    cosigned: shown(heldByOthers),
    unheld: entries - shown((log) => Math.min(heldByOthers(log), heldByQuorum(log))),
    sealed,
    reasons: details.map((one) => sayReason(one, "en")),
    details,
    parties: cosignedByEach(logs),
    keys: logs.map((log) => ({
      log: log.origin,
      fingerprint: fingerprint(log.keyAt(log.newest.size)),
    })),
    keysGiven: report.keysGiven,
    checkedAtPackSha256: sha256,
  };
}

/** Returns how many of the entries that a log shows are below an index. */
function shownBelow(log: CheckedLog, end: number): number {
  return log.ranges.reduce(
    (sum, range) => sum + Math.max(0, Math.min(range.end, end) - range.start),
    0,
  );
}

/** Returns up to where another party than the log's own has cosigned it. */
function heldByOthers(log: CheckedLog): number {
  const others = [...log.cosigners].filter((party) => party !== log.party);
  return others.reduce((most, party) => Math.max(most, log.cosignedBy(party)), 0);
}

/** Returns up to where the quorum of its policy holds a log. */
function heldByQuorum(log: CheckedLog): number {
  const held = log.heads.filter((head) => isHeld(log, head));
  return held[held.length - 1]?.checkpoint.size ?? 0;
}

function cosignedByEach(logs: readonly CheckedLog[]): Verdict["parties"] {
  const parties = new Set(logs.flatMap((log) => [...log.cosigners]));
  const held = [...parties].sort().map((party) => {
    const theirs = logs.filter((log) => log.party !== party);
    const sum = (end: (log: CheckedLog) => number) =>
      theirs.reduce((all, log) => all + shownBelow(log, end(log)), 0);
    const cosigned = sum((log) => log.cosignedBy(party));
    return { party, cosigned, others: sum(() => Number.POSITIVE_INFINITY) };
  });
  return held.filter((one) => one.others > 0);
}

/** Returns the reasons that are counted over a record which `parley verify` does not refuse. */
function countedReasons(report: PackReport, sealed: number): Reason[] {
  const found: Reason[] = [];
  for (const log of report.logs) {
    const all = shownBelow(log, Number.POSITIVE_INFINITY);
    for (const [code, held] of [
      ["uncosigned", heldByOthers(log)],
      ["beyondQuorum", heldByQuorum(log)],
    ] as const) {
      const values = { count: all - shownBelow(log, held), log: log.origin };
      if (values.count > 0) found.push({ code, weight: "partial", values });
    }
  }
  const unreadable = report.logs.reduce((sum, log) => sum + log.unreadable, 0);
  const { notComputed, words } = report.statements;
  if (sealed > 0) found.push({ code: "sealed", weight: "partial", values: { count: sealed } });
  if (unreadable > 0) {
    found.push({ code: "unreadable", weight: "partial", values: { count: unreadable } });
  }
  if (notComputed > 0) {
    found.push({ code: "notComputed", weight: "partial", values: { count: notComputed } });
  }
  if (words > 0) found.push({ code: "words", weight: "note", values: { count: words } });
  const own = report.logs.filter((log) => !log.given).length;
  if (own > 0) found.push({ code: "keysFromPack", weight: "note", values: { count: own } });
  return found;
}
