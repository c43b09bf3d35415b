// Where the eye and the focus go once something was sent: to its row, as soon as the list has it.
import { signal } from "@preact/signals";
import type { MessageView } from "../api/types";
import { say } from "../text/language";
import { list, messageAt, rowId, tab } from "./room";
import { TEXTS } from "./texts";

/** A row that is awaited is not jumped to any more after this time. */
const WITHIN_MS = 10_000;
const TOLD_FOR_MS = 8_000;

interface Landing {
  key: readonly [string, number];
  /** The answer that was given: the row comes once it can no longer be given. "": it was sent. */
  answer: string;
  byMs: number;
}

const landing = signal<Landing | null>(null);
/** What was sent just now, and to whom. */
export const sentTold = signal("");
let timer: ReturnType<typeof setTimeout> | undefined;

/** Says that it was sent, and goes to its row; after an answer to what waits next. */
export function landOn(
  key: readonly [string, number],
  type: string,
  party: string,
  answer = "",
): void {
  sentTold.value = say(TEXTS, "sentTold", { type, party });
  clearTimeout(timer);
  timer = setTimeout(() => {
    sentTold.value = "";
  }, TOLD_FOR_MS);
  tab.value = "messages";
  landing.value = { key, answer, byMs: performance.now() + WITHIN_MS };
}

/** Goes to the row that is awaited, if the list has it now. */
export function land(): void {
  const now = landing.value;
  const view = now === null ? null : messageAt(now.key);
  if (now === null || view === null || view.may_answer.includes(now.answer)) return;
  landing.value = null;
  if (performance.now() < now.byMs) requestAnimationFrame(() => goTo(view, now.answer !== ""));
}

function goTo(view: MessageView, answered: boolean): void {
  // Who has begun something else by now is left with it.
  if (isBusy()) return;
  const waits = answered ? list.value.awaitUs[0] : undefined;
  const row = document.getElementById(rowId(waits ?? view));
  if (waits) row?.closest(".hot-scroll")?.scrollTo(0, 0);
  else row?.scrollIntoView({ block: "nearest" });
  row?.querySelector<HTMLElement>("button")?.focus({ preventScroll: true });
}

/** Whether somebody is in a dialog or types: then neither list nor focus moves by itself. */
export function isBusy(): boolean {
  const tag = document.activeElement?.tagName ?? "";
  return (
    document.querySelector("dialog[open]") !== null || ["INPUT", "TEXTAREA", "SELECT"].includes(tag)
  );
}
