// Sending the draft: once, and never again while nobody knows what became of the first time.
import { ask } from "../api/client";
import type { ActDone, MessageView, Reference } from "../api/types";
import { doOnce } from "../line/acting";
import { entryAt } from "../line/EntryLink";
import { nodeNowUs } from "../live/clock";
import { refreshSoon } from "../live/link";
import { session } from "../shell/state";
import {
  type About,
  asked,
  composing,
  type Draft,
  discard,
  draft,
  findSent,
  refused,
  sayBody,
  sending,
  setSending,
} from "./draft";
import { questionOf } from "./guard";
import { landOn } from "./landing";
import { select } from "./room";

/** An answer of the node's to a message of the same second may be dated this much before it. */
const BEFORE_US = 1_000_000;

async function referenceTo(about: About | null): Promise<Reference[]> {
  if (about === null) return [];
  const entry = await entryAt(about.log, about.index);
  return entry === undefined ? [] : [{ log: about.log, index: about.index, leaf: entry.leaf }];
}

/** Sends the draft; `meant`: the sender has answered the guard's question, which still stands. */
export async function sendDraft(meant: boolean): Promise<void> {
  const now = draft.value;
  const at = sending.value.at;
  if (now === null || at === "under way" || at === "not known") return;
  const sinceUs = nodeNowUs();
  const confirmed = meant && asked.value !== null;
  asked.value = null;
  refused.value = null;
  setSending({ at: "under way", sinceUs });
  let ref: Reference[];
  try {
    ref = await referenceTo(now.about);
  } catch {
    // Only the reference was asked for: nothing was sent yet.
    setSending({ at: "not there", sinceUs });
    return;
  }
  const became = await doOnce(sayBody(now, sinceUs, confirmed, ref));
  switch (became.at) {
    case "done":
      wasSent(now, became.done.key);
      return;
    case "refused": {
      setSending({ at: "writing" });
      const question = confirmed ? null : questionOf(became.fault, became.status);
      if (question === null) refused.value = became.fault;
      else asked.value = question;
      return;
    }
    default:
      setSending({ at: "not known", sinceUs, asked: false });
  }
}

function wasSent(now: Draft, key: ActDone["key"]): void {
  discard();
  composing.value = false;
  if (key === null) return;
  select(key);
  landOn(key, now.type, now.to.join(", "));
}

/** Asks the node whether the draft was sent after all; it says so, or that it has no such message. */
export async function checkSent(): Promise<void> {
  const now = draft.value;
  const state = sending.value;
  if (now === null || state.at !== "not known") return;
  const sinceUs = Math.max(0, Math.floor(state.sinceUs) - BEFORE_US);
  let messages: MessageView[];
  try {
    messages = await ask<MessageView[]>(`/api/messages?since_us=${sinceUs}`);
  } catch {
    setSending({ ...state, asked: true });
    return;
  }
  refreshSoon();
  const found = findSent(now, messages, session.value?.party ?? "");
  if (found === undefined) {
    setSending({ at: "not there", sinceUs: state.sinceUs });
    return;
  }
  wasSent(now, found.key);
}
