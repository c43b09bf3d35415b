// The message that is being written: one at a time, kept in the browser's tab until it is sent.
import { computed, signal } from "@preact/signals";
import type { FaultView, MessageView, Reference, Say, ScreenView } from "../api/types";
import { actingPost, ownLines } from "../line/posts";
import { MESSAGE_TYPES } from "../terms/norms";
import type { Question } from "./guard";
import { sentText, slotsOf } from "./phrase";

const KEPT_AS = "parley.draft";

/** What a draft is about: an entry of a log, and in a word what that is. */
export interface About {
  log: string;
  index: number;
  what: string;
}

export type Status = "actual" | "exercise" | "test";

/** A message as it was written so far; everything as it was typed. */
export interface Draft {
  agreement: string;
  line: string;
  post: string;
  to: string[];
  type: string;
  /** "": as the type says. */
  messageClass: string;
  fields: Record<string, string>;
  text: string;
  language: string;
  validMin: string;
  addresseesOnly: boolean;
  status: Status;
  wantsAnswer: boolean;
  about: About | null;
}

/** How the sending of the draft stands. `sinceUs`: the node's time when it was last tried. */
export type Sending =
  | { at: "writing" }
  | { at: "under way"; sinceUs: number }
  | { at: "not known"; sinceUs: number; asked: boolean }
  | { at: "not there"; sinceUs: number };

interface Kept {
  draft: Draft;
  triedUs: number | null;
}

function read(): Kept | null {
  try {
    const text = sessionStorage.getItem(KEPT_AS);
    return text === null ? null : (JSON.parse(text) as Kept);
  } catch {
    // No storage, or nothing that can be read: then there is no draft.
    return null;
  }
}

function write(kept: Kept | null): void {
  try {
    if (kept === null) sessionStorage.removeItem(KEPT_AS);
    else sessionStorage.setItem(KEPT_AS, JSON.stringify(kept));
  } catch {
    // Without storage a draft lives as long as the page.
  }
}

const before = read();

/** The draft; null: nothing is being written. */
export const draft = signal<Draft | null>(before?.draft ?? null);
/** A page that was left while a message was under way does not know whether it was sent. */
export const sending = signal<Sending>(
  before?.triedUs != null
    ? { at: "not known", sinceUs: before.triedUs, asked: false }
    : { at: "writing" },
);
/** Whether the composer is open; a draft outlives its closing. */
export const composing = signal(false);

/** What the node asked or refused about the draft as it stands; of a changed one it says nothing. */
export const asked = signal<Question | null>(null);
export const refused = signal<FaultView | null>(null);

/** Takes the draft as it was changed, and keeps it. */
export function keep(next: Draft | null): void {
  if (next !== draft.value) {
    asked.value = null;
    refused.value = null;
  }
  draft.value = next;
  const now = sending.value;
  const triedUs = now.at === "writing" || now.at === "not there" ? null : now.sinceUs;
  write(next === null ? null : { draft: next, triedUs });
}

/** Takes how the sending stands, and keeps it with the draft. */
export function setSending(next: Sending): void {
  sending.value = next;
  keep(draft.value);
}

/** Changes the draft, unless it is on its way. */
export function changeDraft(part: Partial<Draft>): void {
  const now = draft.value;
  const at = sending.value.at;
  if (now === null || at === "under way" || at === "not known") return;
  keep({ ...now, ...part });
}

/** Throws the draft away. */
export function discard(): void {
  sending.value = { at: "writing" };
  keep(null);
}

/** Returns an empty draft for the first line of ours, or the one that is asked for. */
export function emptyDraft(
  view: ScreenView | null,
  wanted: Partial<Pick<Draft, "agreement" | "line">> = {},
): Draft {
  const lines = ownLines(view).filter(
    (each) =>
      (wanted.agreement === undefined || each.agreement === wanted.agreement) &&
      (wanted.line === undefined || each.line.line === wanted.line),
  );
  const first = lines[0];
  const agreement = first?.agreement ?? "";
  const line = first?.line.line ?? "";
  return {
    agreement,
    line,
    post: actingPost(agreement, line),
    to: onlyOther(first?.line.parties ?? [], view?.party ?? ""),
    type: "",
    messageClass: "",
    fields: {},
    text: "",
    language: "",
    validMin: "",
    addresseesOnly: false,
    status: "actual",
    wantsAnswer: true,
    about: null,
  };
}

/** Returns the other end of a line of two; nobody is chosen beforehand where there are more. */
export function onlyOther(parties: readonly string[], own: string): string[] {
  const others = parties.filter((party) => party !== own);
  return others.length === 1 ? others : [];
}

/** Returns the draft that ends or speaks of a message: to all whom it told, under its line. */
export function draftAbout(
  view: ScreenView | null,
  message: MessageView,
  type: "correction" | "cancel" | "clarify.request" | string,
): Draft {
  const own = message.party === view?.party;
  const corrected = mismatchedFields(message);
  return {
    ...emptyDraft(view, { agreement: message.agreement, line: message.line }),
    to: own ? [...message.to] : [message.party],
    type,
    status: message.status === "exercise" || message.status === "test" ? message.status : "actual",
    // What was misread is said again; otherwise all that was said, to be changed.
    fields: type === "correction" ? (corrected ?? { ...message.fields }) : {},
    about: { log: message.key[0], index: message.key[1], what: message.message_type },
  };
}

function mismatchedFields(message: MessageView): Record<string, string> | null {
  const names = message.read_back.filter((name) =>
    message.ladder.some((step) =>
      step.differences.some((each) => each.startsWith(`${name}: said `)),
    ),
  );
  if (names.length === 0) return null;
  return Object.fromEntries(names.map((name) => [name, message.fields[name] ?? ""]));
}

/** Fields that say where: beside them the name of the place may stand, and is compared. */
export const POSITION_FIELDS: readonly string[] = ["centre", "position", "pick_up", "drop_off"];

/** Returns the fields that a type has, those that are read back first. */
export function typeFields(type: string): string[] {
  const kind = MESSAGE_TYPES[type];
  if (kind === undefined) return [];
  const named = [...kind.read_back, ...slotsOf(type), ...Object.keys(kind.reply)];
  if (type === "correction" || type === "cancel") return [];
  const says = named.some((name) => POSITION_FIELDS.includes(name)) ? ["place"] : [];
  const reply = Object.keys(kind.reply);
  return [...new Set([...named, ...says])].filter((name) => !reply.includes(name));
}

/** Returns the fields that are shown for a draft: those of its type, then what was added. */
export const fieldsShown = computed<string[]>(() => {
  const now = draft.value;
  if (now === null) return [];
  return [...new Set([...typeFields(now.type), ...Object.keys(now.fields)])];
});

/** What a draft still lacks, as the key of its text; null where it may be sent. */
export function draftLacks(
  now: Draft,
): "typeLacks" | "lineLacks" | "toLacks" | "validLacks" | "aboutLacks" | null {
  const kind = MESSAGE_TYPES[now.type];
  if (now.line === "" || now.post === "") return "lineLacks";
  if (kind === undefined) return "typeLacks";
  if (now.to.length === 0) return "toLacks";
  if (kind.about && now.about === null) return "aboutLacks";
  const minutes = Number(now.validMin.replace(",", "."));
  const wrong = now.validMin.trim() !== "" && !(Number.isFinite(minutes) && minutes > 0);
  if (wrong || (kind.guarded && now.validMin.trim() === "")) return "validLacks";
  return null;
}

/** Returns the act of a draft. */
export function sayBody(
  now: Draft,
  nowUs: number,
  confirmed: boolean,
  ref: readonly Reference[],
): Say {
  const kept = Object.entries(now.fields).map(([name, value]) => [name.trim(), sentText(value)]);
  const minutes = Number(now.validMin.replace(",", "."));
  return {
    type: "say",
    agreement: now.agreement,
    line: now.line,
    post: now.post,
    to: now.to,
    message_type: now.type,
    message_class: (now.messageClass || null) as (Say["message_class"] & string) | null,
    text: sentText(now.text),
    fields: Object.fromEntries(kept.filter(([name, value]) => name !== "" && value !== "")),
    valid_until_us: now.validMin.trim() === "" ? null : Math.round(nowUs + minutes * 60e6),
    addressees_only: now.addresseesOnly,
    status: now.status,
    wants_answer: now.wantsAnswer,
    language: now.text.trim() === "" ? "" : now.language,
    ref: [...ref],
    confirmed,
  };
}

/** Returns the message of ours that says what a draft says, if it is among these. */
export function findSent(
  now: Draft,
  messages: readonly MessageView[],
  own: string,
): MessageView | undefined {
  const wanted = sayBody(now, 0, false, []);
  return messages.find(
    (view) =>
      view.party === own &&
      view.agreement === now.agreement &&
      view.line === now.line &&
      view.message_type === now.type &&
      view.text === wanted.text &&
      sameFields(view.fields, wanted.fields ?? {}) &&
      [...view.to].sort().join() === [...now.to].sort().join(),
  );
}

function sameFields(a: Record<string, string>, b: Record<string, string>): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => a[name] === b[name]);
}
