// What the pane shows and what is being answered: the room's own signals.
import { computed, signal } from "@preact/signals";
import type { MessageView } from "../api/types";
import { picking } from "../map/picking";
import { screen, selection } from "../shell/state";
import { NOTHING_TYPED, type TypedAnswer } from "./answering";
import { listed, sameKey } from "./ranks";

export type Tab = "alarms" | "messages" | "untold" | "calls";

export const tab = signal<Tab>("messages");

/** The messages that are shown, in the order of the list. */
export const list = computed(() => listed(screen.value?.messages ?? []));

/** The message that is selected, as it is shown. */
export const selected = computed<MessageView | null>(() => {
  const now = selection.value;
  if (now?.kind !== "message") return null;
  return messageAt([now.log, now.index]);
});

/** Returns a message of what is shown. */
export function messageAt(key: readonly [string, number]): MessageView | null {
  return screen.value?.messages.find((view) => sameKey(view.key, key)) ?? null;
}

/** Returns the id of a message's row. */
export function rowId(view: MessageView): string {
  return `hot-${view.key[0].replace(/[^\w-]/g, "_")}-${view.key[1]}`;
}

export function select(key: readonly [string, number]): void {
  selection.value = { kind: "message", log: key[0], index: key[1] };
}

/** The answer that is being given: to which message, which word, and what was typed so far. */
export interface Answering {
  key: [string, number];
  answer: string;
  typed: TypedAnswer;
}

export const answering = signal<Answering | null>(null);

/** Begins an answer: nothing is filled in, whatever the message says. */
export function beginAnswer(view: MessageView, answer: string): void {
  answering.value = { key: view.key, answer, typed: NOTHING_TYPED };
}

/** A dialog steps aside while something is chosen on the map. */
export const aside = computed(() => picking.value !== null);
