// Verify an evidence pack: the steps of docs/pack.md in their order, with public keys alone. It says
// "record intact", which says nothing about truth; "undecided" where nobody else vouches for all of
// it; or it refuses with step, log and entry. No clock, no network, nothing kept.

import type { Bytes } from "./bytes";
import type { SignatureCheck } from "./ed25519";
import { readEntries } from "./entry";
import { INTACT } from "./fault";
import type { CheckedLog } from "./log";
import { checkForm, type Pack, readPack } from "./pack";
import { eachOnce, type Reason } from "./reason";
import { checkAgreement } from "./stepentries";
import { checkKeys, type Given, otherKeys } from "./stepkeys";
import {
  checkCosignatures,
  checkNotes,
  checkQuorum,
  checkWindow,
  policyRemarks,
} from "./stepnotes";
import { checkRanges } from "./stepranges";
import { checkGivenChain, checkRevoked, checkRotations, type Link } from "./steprotations";
import {
  checkOpenings,
  checkProofs,
  checkReceipts,
  checkStatements,
  type StatementsFound,
} from "./stepsaid";
import { sayReason } from "./texts";

/** What was checked of a pack in which nothing is wrong. */
export interface PackReport {
  /** "record intact", or "undecided: " and the first reason, as `parley verify` says it. */
  readonly verdict: string;
  readonly reasons: readonly Reason[];
  readonly logs: readonly CheckedLog[];
  readonly statements: StatementsFound;
  /** Whether every log is signed by a given key; else its keys come from the pack itself. */
  readonly keysGiven: boolean;
}

/** Told as the work goes on: how much of how much is done. */
export type Progress = (done: number, total: number) => void;

/**
 * Returns what was checked of a pack in which nothing is wrong; docs/pack.md, "Verification".
 *
 * Any bytes lead to a report or to a `PackFault`, the first thing that is wrong with its place.
 */
export async function verifyPack(
  data: Bytes,
  given: Given,
  check: SignatureCheck,
  onProgress: Progress = () => undefined,
): Promise<PackReport> {
  const pack = readPack(data);
  const tick = ticker(pack, onProgress);
  const logs = checkKeys(pack, given);
  const others = otherKeys(pack, given);
  for (const log of logs) {
    await checkNotes(log, check);
    tick(log.heads.length);
  }
  for (const log of logs) await checkCosignatures(log, check);
  const undecided = logs.flatMap(checkQuorum);
  const parties = new Set(logs.map((log) => log.party));
  const remarks = logs.flatMap((log) => policyRemarks(log, given, parties));
  for (const log of logs) checkRanges(log, tick);
  for (const log of logs) readEntries(log);
  await checkKeysAgain(logs, given, others, check);
  const agreed = await checkAgreement(pack, logs, check);
  for (const log of logs) checkWindow(pack, log);
  for (const log of logs) {
    checkOpenings(pack, log);
    checkProofs(log);
  }
  for (const log of logs) await checkReceipts(log, others, check, tick);
  const statements = checkStatements(pack, logs);
  checkForm(data, pack);
  const partial = eachOnce([...undecided, ...agreed.filter((one) => one.weight === "partial")]);
  const notes = eachOnce([...remarks, ...agreed.filter((one) => one.weight === "note")]);
  const first = partial[0];
  return {
    verdict: first ? `undecided: ${sayReason(first, "en")}` : INTACT,
    reasons: [...partial, ...notes],
    logs,
    statements,
    keysGiven: logs.every((log) => log.given),
  };
}

/** What the entries say about keys, given ones and those that gave way to others. */
async function checkKeysAgain(
  logs: readonly CheckedLog[],
  given: Given,
  others: Parameters<typeof checkRevoked>[1],
  check: SignatureCheck,
): Promise<void> {
  const links = new Map<string, Link[]>();
  for (const log of logs) {
    const known = links.get(log.party) ?? [];
    known.push(...(await checkRotations(log, check)));
    links.set(log.party, known);
  }
  await checkGivenChain(logs, links, given, check);
  await checkRevoked(logs, others, check);
}

function ticker(pack: Pack, onProgress: Progress): (count: number) => void {
  let [done, total] = [0, 0];
  for (const log of pack.logs) {
    total += log.heads.length + log.receipts.length;
    for (const range of log.ranges) total += range.end - range.start;
  }
  onProgress(0, total);
  return (count) => {
    done = Math.min(done + count, total);
    onProgress(done, total);
  };
}
