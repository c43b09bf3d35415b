// What is spoken of messages: a new one, 30 s left, 10 s left, the end, a read-back that differs.
// Never every second, and nothing of what stood there when the screen was opened but its count.
import type { MessageView } from "../api/types";
import { keyText, listed, misread } from "./ranks";

const MARKS_S = [30, 10] as const;

export type Spoken =
  | { kind: "waiting"; count: number }
  | { kind: "new"; view: MessageView }
  | { kind: "left"; view: MessageView; seconds: 30 | 10 }
  | { kind: "expired"; view: MessageView }
  | { kind: "differs"; view: MessageView };

/** What was already known or spoken, by message. */
export type Heard = ReadonlySet<string>;

/** Returns what is to be spoken now, and what is known after it. `heard` is null at first. */
export function speak(
  heard: Heard | null,
  messages: readonly MessageView[],
  nowUs: number,
): { heard: Heard; spoken: Spoken[] } {
  const list = listed(messages);
  const after = new Set(heard ?? []);
  const spoken: Spoken[] = [];
  const once = (mark: string, what: Spoken) => {
    if (after.has(mark)) return;
    after.add(mark);
    if (heard !== null) spoken.push(what);
  };
  for (const view of list.awaitUs) {
    const key = keyText(view.key);
    once(`new ${key}`, { kind: "new", view });
    for (const mark of clockMarks(view, nowUs)) {
      once(
        `${mark} ${key}`,
        mark === 0 ? { kind: "expired", view } : { kind: "left", view, seconds: mark },
      );
    }
  }
  for (const view of list.open) {
    if (misread(view)) once(`differs ${keyText(view.key)}`, { kind: "differs", view });
  }
  if (heard === null && list.awaitUs.length > 0) {
    spoken.push({ kind: "waiting", count: list.awaitUs.length });
  }
  return { heard: after, spoken };
}

/** The marks that have passed: only the last one is new where several were passed at once. */
function clockMarks(view: MessageView, nowUs: number): (30 | 10 | 0)[] {
  if (view.answer_due_us === null) return [];
  const left_s = (view.answer_due_us - nowUs) / 1e6;
  if (left_s < 0) return [0];
  const passed = MARKS_S.filter((mark) => left_s <= mark);
  const last = passed.at(-1);
  return last === undefined ? [] : [last];
}
