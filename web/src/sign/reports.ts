// From what a unit saw to a message that a post may say: a draft for a person, never a message.

import type { MessageView, UnitReport, UnitSaw } from "../api/types";
import { composing, type Draft, draft, emptyDraft, keep, setSending } from "../hotline/draft";
import { liveScreen } from "../shell/state";

const INCURSION = "incursion.report";
const DEGREES = /^\s*(-?\d{1,2}(?:\.\d+)?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/;

/** Returns latitude and longitude where that is all that a unit wrote, else null. */
export function placeOf(where: string): string | null {
  const found = DEGREES.exec(where);
  if (!found) return null;
  const [lat, lon] = [Number(found[1]), Number(found[2])];
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? `${found[1]},${found[2]}` : null;
}

/** Returns the fields that a message about it begins with: the unit's own words, nothing added. */
export function fieldsOf(saw: UnitSaw, toldUs: number): Record<string, string> {
  const fields: Record<string, string> = {};
  const place = placeOf(saw.where ?? "");
  if (saw.flight) fields["flight"] = saw.flight;
  if (saw.zone) fields["zone"] = saw.zone;
  if (place !== null) fields["position"] = place;
  else if (saw.where) fields["where"] = saw.where;
  fields["time"] = plainInstant(saw.when_us ?? toldUs);
  return fields;
}

/** An instant as a message has it: no marks of direction, which would be signed with it. */
function plainInstant(us: number): string {
  return `${new Date(us / 1000).toISOString().slice(0, 19)}Z`;
}

/** Returns what the message says in words: whose word it is, and what was seen. */
export function wordsOf(report: UnitReport): string {
  return `${report.unit}: ${report.saw.seen || report.saw.flight || ""}`;
}

/** Opens the composer with a report; false: something else is being written there. */
export function compose(report: UnitReport): boolean {
  if (draft.value !== null && !isOf(draft.value, report)) return false;
  if (draft.value === null) {
    setSending({ at: "writing" });
    keep({
      ...emptyDraft(liveScreen.value),
      type: INCURSION,
      fields: fieldsOf(report.saw, report.told_us),
      text: wordsOf(report),
    });
  }
  composing.value = true;
  return true;
}

function isOf(now: Draft, report: UnitReport): boolean {
  return now.type === INCURSION && now.text === wordsOf(report);
}

/** Returns the messages of ours that may be how a report was said: actual, and after it. */
export function saidFor(
  report: UnitReport,
  messages: readonly MessageView[],
  party: string,
): MessageView[] {
  return messages.filter(
    (view) =>
      view.party === party &&
      view.message_type === INCURSION &&
      view.status === "actual" &&
      view.sent_us >= report.told_us,
  );
}
