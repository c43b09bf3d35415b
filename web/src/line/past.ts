// Asking the node for a line's past: the paths, and instants as a duty officer types them.
import type { LineVector } from "../api/types";

const DAY_US = 86_400_000_000;
const CLOCK = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?Z$/;
const WHOLE = /^(\d{4})-(\d\d)-(\d\d)[T ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?Z$/;
const AGO = /^(\d{1,5}) ?(s|min|h|d) ago$/;
const SECONDS: Record<string, number> = { s: 1, min: 60, h: 3600, d: 86_400 };

/**
 * Returns the instant that a text speaks of, seen from now; null where it is none.
 *
 * "now", "10 min ago", a time of day in UTC with its Z (the last such), or day and time with Z: the
 * forms of `parse_past_us` in app/call_times.py. Without its Z a time could be of any zone.
 */
export function parseInstant(text: string, nowUs: number): number | null {
  const plain = text.trim();
  if (plain === "now") return nowUs;
  const ago = AGO.exec(plain);
  if (ago) return nowUs - Number(ago[1]) * (SECONDS[ago[2] ?? ""] ?? 0) * 1e6;
  const clock = CLOCK.exec(plain);
  if (clock) {
    const dayUs = Math.floor(nowUs / DAY_US) * DAY_US;
    const [hour, minute, second] = clock.slice(1).map((each) => Number(each ?? 0));
    const atUs = dayUs + ((hour ?? 0) * 3600 + (minute ?? 0) * 60 + (second ?? 0)) * 1e6;
    return atUs <= nowUs ? atUs : atUs - DAY_US;
  }
  const whole = WHOLE.exec(plain);
  if (!whole) return null;
  const [year, month, day] = whole.slice(1, 4).map(Number);
  const atMs = Date.parse(`${plain.replace(" ", "T")}`);
  const made = new Date(atMs);
  const same =
    made.getUTCFullYear() === year && made.getUTCMonth() + 1 === month && made.getUTCDate() === day;
  return Number.isFinite(atMs) && same ? atMs * 1000 : null;
}

/** Returns an instant to its last microsecond: one cut short would be before what happened at it. */
function rfc3339(atUs: number): string {
  const whole = Math.round(atUs);
  const second_us = Math.floor(whole / 1e6) * 1e6;
  const fraction = String(whole - second_us).padStart(6, "0");
  return `${new Date(second_us / 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}

/** Returns the path that asks for the state at an instant, or for the changes of a window. */
export function historyPath(
  vector: Pick<LineVector, "agreement" | "line">,
  what: "history" | "changes",
  viewer: string,
  when: { atUs: number } | { fromUs: number; toUs: number },
): string {
  const asked = new URLSearchParams({ agreement: vector.agreement, viewer });
  if ("atUs" in when) asked.set("at", rfc3339(when.atUs));
  else {
    asked.set("from", rfc3339(when.fromUs));
    asked.set("to", rfc3339(when.toUs));
  }
  return `/api/lines/${encodeURIComponent(vector.line)}/${what}?${asked}`;
}
