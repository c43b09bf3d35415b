// Our own acts on a line as the node takes them, when they take effect, and what they still lack.
import type { BePresent, DeclareLine, TestLine } from "../api/types";
import { NORMS } from "../terms/norms";

export type ActKind = "present" | "leave" | "test" | "suspend" | "resume" | "withdraw";

/** What was chosen and typed for an act. */
export interface Typed {
  agreement: string;
  line: string;
  post: string;
  reason: string;
  immediate: boolean;
  to: string[];
}

/** Returns the act; a suspension without an instant goes by the notice that the node knows. */
export function actBody(
  kind: ActKind,
  typed: Typed,
  nowUs: number,
): BePresent | DeclareLine | TestLine {
  const { agreement, line, post } = typed;
  const place = { agreement, line, post };
  switch (kind) {
    case "present":
    case "leave":
      return { type: "be_present", ...place, present: kind === "present" };
    case "test":
      return { type: "test_line", ...place, to: typed.to };
    default: {
      const value = { suspend: "suspended", resume: "in force", withdraw: "withdrawn" } as const;
      const atOnce = kind === "suspend" && typed.immediate;
      return {
        type: "declare_line",
        ...place,
        value: value[kind],
        reason: typed.reason.trim(),
        // The node refuses an instant that has passed when the act reaches it.
        ...(atOnce ? { effective_us: Math.round(nowUs) + IMMEDIATE_AFTER_US } : {}),
      };
    }
  }
}

/** So long an act may take to the node's disk and still be dated ahead. */
export const IMMEDIATE_AFTER_US = 2_000_000;

/** Returns the minutes of notice that the norms ask for a suspension, and of margin on top. */
export function noticeMin(): { notice: number; margin: number } {
  const { suspension_notice_s, suspension_margin_s } = NORMS.line;
  return { notice: suspension_notice_s / 60, margin: Number(suspension_margin_s ?? 0) / 60 };
}

/**
 * Returns when an act takes effect as far as the norms say; null: it has none by itself
 * (presence, a test; a withdrawal waits for the signatures of two people).
 *
 * A clause of the agreement may give a suspension more or less notice; the node knows it, and the
 * line's vector says the instant once the act stands.
 */
export function actEffect(kind: ActKind, immediate: boolean, nowUs: number): number | null {
  switch (kind) {
    case "suspend": {
      const { notice, margin } = noticeMin();
      return nowUs + (immediate ? IMMEDIATE_AFTER_US : (notice + margin) * 60e6);
    }
    case "resume":
      return nowUs;
    default:
      return null;
  }
}

/** Returns what an act still lacks, as the key of its text; null where it may be done. */
export function whyNot(
  kind: ActKind,
  typed: { reason: string; named: string; line: string; post: string },
): "postLacks" | "reasonLacks" | "nameLacks" | null {
  if (typed.post === "") return "postLacks";
  const asksReason = kind === "suspend" || kind === "withdraw";
  if (asksReason && typed.reason.trim() === "") return "reasonLacks";
  if (kind === "withdraw" && typed.named.trim() !== typed.line) return "nameLacks";
  return null;
}
