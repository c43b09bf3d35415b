// The sender-error guard: what the node refuses until the sender corrects it or says that it is meant.
import type { FaultView } from "../api/types";

/** A question of the guard: about which field, what was written, what was wanted, what is meant. */
export interface Question {
  fault: FaultView;
  /** The field that it is about, where it names one. */
  field: string | null;
  /** What the node takes to be meant, where it does. */
  meant: string | null;
}

/**
 * Returns the question of a refusal, or null where it is none.
 *
 * Only what `guard.py` of the node asks about passes once it is confirmed; to confirm anything else
 * would change nothing, so it is not offered.
 */
export function questionOf(fault: FaultView, status: number): Question | null {
  if (status !== 409 && status !== 422) return null;
  const field = /^message field (\S+)$/.exec(fault.what)?.[1] ?? null;
  const place = /^place .+ and (\S+) /.exec(fault.what)?.[1] ?? null;
  const lacks = /^message [\w.]+$/.test(fault.what) && (fault.value ?? "").startsWith("without ");
  if (field === null && place === null && !lacks && !/meant/.test(fault.repair)) return null;
  const meant = field === null ? null : (/did you mean '([^']+)'/.exec(fault.repair)?.[1] ?? null);
  return { fault, field: field ?? place, meant };
}
