// Why a record is not wholly vouched for, and what its reader should know, as records to be worded.

/** `partial`: keeps the badge from "record intact"; `note`: changes nothing. */
export type Weight = "partial" | "note";

/** The values that each reason has; `texts.ts` words them in every language. */
export interface ReasonValues {
  /** A witness that stopped cosigning a log. */
  stopped: { party: string; at: string; size: number; log: string };
  never: { party: string; log: string };
  /** Entries that only the log itself vouches for. */
  uncosigned: { count: number; log: string };
  /** Entries beyond the newest head that the quorum of the log's policy cosigned. */
  beyondQuorum: { count: number; log: string };
  seenBeyond: { log: string; shown: number; by: string; index: number; size: string };
  continuesBeyond: { log: string; from: string; size: number; shown: number };
  heldBeyond: { log: string; shown: number; size: number };
  sealed: { count: number };
  unreadable: { count: number };
  notComputed: { count: number };
  words: { count: number };
  keysFromPack: { count: number };
  nobodyAsked: { log: string };
  ownParty: { log: string };
  leftOut: { log: string; party: string };
  refutes: { party: string; index: number; log: string; other: string; size: number };
}

export type ReasonCode = keyof ReasonValues;

export type Reason = {
  [C in ReasonCode]: {
    readonly code: C;
    readonly weight: Weight;
    readonly values: Readonly<ReasonValues[C]>;
  };
}[ReasonCode];

/** Returns the reasons, each once, in their order. */
export function eachOnce(reasons: readonly Reason[]): Reason[] {
  return [...new Map(reasons.map((one) => [JSON.stringify(one), one])).values()];
}
