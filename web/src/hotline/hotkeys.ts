// The keys of the pane. None sends anything: each opens a question, a form or a row.
import { signal } from "@preact/signals";
import { bindKeys, type Key } from "../shell/keys";
import { actsNow, screen } from "../shell/state";
import { say } from "../text/language";
import { openComposer } from "./ComposeDialog";
import { beginCall } from "./calling";
import { nextOf, offered } from "./ranks";
import { beginAnswer, list, rowId, select, selected, type Tab, tab } from "./room";
import { TEXTS } from "./texts";

/** Whether the question is open that writes that somebody is at the post. */
export const presenceAsked = signal(false);
/** When a row was last selected by itself, in the browser's milliseconds. */
export const movedAtMs = signal(Number.NEGATIVE_INFINITY);

/** A key that was meant for the row before must not reach the one that has just come. */
const QUIET_AFTER_MOVE_MS = 1000;

/** Shows a message in the list and puts the focus there. */
export function showMessage(key: readonly [string, number]): void {
  tab.value = "messages";
  select(key);
  requestAnimationFrame(() => {
    const view = selected.value;
    const row = view === null ? null : document.getElementById(rowId(view));
    row?.scrollIntoView({ block: "nearest" });
  });
}

function next(): void {
  const { awaitUs, open, closed } = list.value;
  const sought = awaitUs.length > 0 ? awaitUs : open.length > 0 ? open : closed;
  const view = nextOf(sought, selected.value?.key ?? null);
  if (view === undefined) return;
  showMessage(view.key);
  requestAnimationFrame(() => {
    document.getElementById(rowId(view))?.querySelector<HTMLElement>("button")?.focus();
  });
}

function answer(place: number): void {
  const view = selected.value;
  if (view === null || performance.now() - movedAtMs.value < QUIET_AFTER_MOVE_MS) return;
  const word = offered(view, actsNow.value)[place];
  if (word !== undefined) beginAnswer(view, word);
}

function acting(does: () => void): () => void {
  return () => {
    if (actsNow.value) does();
  };
}

function show(id: Tab): () => void {
  return () => {
    tab.value = id;
  };
}

/** Binds the keys until the returned function is called. */
export function bindHotlineKeys(): () => void {
  const answers = [0, 1, 2, 3].map(
    (place): Key => ({
      key: String(place + 1),
      told: () => say(TEXTS, "keyAnswer", { number: place + 1 }),
      does: () => answer(place),
    }),
  );
  return bindKeys("hotline", [
    { key: "m", told: () => say(TEXTS, "keyNext"), does: next },
    ...answers,
    { key: "e", told: () => say(TEXTS, "keyWrite"), does: acting(openComposer) },
    { key: "t", told: () => say(TEXTS, "keyCall"), does: acting(() => beginCall(screen.value)) },
    {
      key: "h",
      told: () => say(TEXTS, "keyPresence"),
      does: acting(() => {
        presenceAsked.value = true;
      }),
    },
    { key: "a", told: () => say(TEXTS, "keyAlarms"), does: show("alarms") },
    { key: "z", told: () => say(TEXTS, "keyUntold"), does: show("untold") },
    { key: "o", told: () => say(TEXTS, "keyCalls"), does: show("calls") },
  ]);
}
