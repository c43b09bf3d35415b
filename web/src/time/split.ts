// What two parties knew at one instant, row by row, and where they differ. Pure.
import type { AlertView, LineVector, MessageView, ScreenView, ZoneShown } from "../api/types";

/** A thing as one party knew it; null: it did not know of it. */
export interface Pair<Thing> {
  key: string;
  left: Thing | null;
  right: Thing | null;
  differs: boolean;
}

export interface Compared {
  lines: Pair<LineVector>[];
  messages: Pair<MessageView>[];
  zones: Pair<ZoneShown>[];
  alerts: Pair<AlertView>[];
}

/** Returns what both views show, each thing once, those that differ marked. */
export function compare(left: ScreenView, right: ScreenView): Compared {
  return {
    lines: paired(left.lines, right.lines, (each) => `${each.agreement}|${each.line}`, lineTold),
    messages: paired(left.messages, right.messages, keyOf, messageTold),
    zones: paired(
      left.zones,
      right.zones,
      (each) => `${each.view.agreement}|${each.view.zone}`,
      zoneTold,
    ),
    alerts: paired(left.alerts.alerts, right.alerts.alerts, alertKey, alertTold),
  };
}

/** Returns how many things differ. */
export function differences(compared: Compared): number {
  const all = [
    compared.lines,
    compared.messages,
    compared.zones,
    compared.alerts,
  ] as Pair<unknown>[][];
  return all.reduce((sum, pairs) => sum + pairs.filter((each) => each.differs).length, 0);
}

function keyOf(each: { key: [string, number] }): string {
  return `${each.key[0]}|${each.key[1]}`;
}

/** Each party raises an alert itself: what it is about makes it the same, not who wrote it. */
function alertKey(each: AlertView): string {
  const about = [each.agreement, each.what, each.object, ...[...each.aircraft].sort()];
  return JSON.stringify(about);
}

function paired<Thing>(
  left: readonly Thing[],
  right: readonly Thing[],
  key: (each: Thing) => string,
  told: (each: Thing) => string,
): Pair<Thing>[] {
  const rights = new Map(right.map((each) => [key(each), each]));
  const made: Pair<Thing>[] = left.map((each) => {
    const name = key(each);
    const other = rights.get(name) ?? null;
    rights.delete(name);
    return { key: name, left: each, right: other, differs: !other || told(each) !== told(other) };
  });
  for (const [name, each] of rights)
    made.push({ key: name, left: null, right: each, differs: true });
  return made;
}

// What counts as a difference is what the rows show, no less and no more: a row that is marked shows
// why. Whether somebody holds an entry each side measures by other evidence: that is no difference.

function lineTold(each: LineVector): string {
  return JSON.stringify([each.glance, each.missing]);
}

function zoneTold({ view }: ZoneShown): string {
  return JSON.stringify([view.activity, view.promulgation, view.shown, view.from_us, view.to_us]);
}

function messageTold(each: MessageView): string {
  const ladder = each.ladder.map((one) => [
    one.party,
    one.displayed_us,
    one.answer?.answer ?? null,
    one.answer?.at_us ?? null,
    one.read_back,
    one.outcome,
  ]);
  return JSON.stringify([wordsShown(each) ? each.text : null, each.open, ladder]);
}

function alertTold(each: AlertView): string {
  const loss = each.loss_us === null ? null : Math.floor(each.loss_us / 1e6);
  return JSON.stringify([each.alert_class, loss, each.life?.word ?? ""]);
}

/** Whether the words of a message are shown to who looks. */
export function wordsShown(each: MessageView): boolean {
  return each.reading === "plain" || each.reading === "opened";
}
