// An answer as the node takes it, from what was typed; what it still lacks. Nothing is filled in.
import type { Answer, MessageView } from "../api/types";
import { MESSAGE_TYPES } from "../terms/norms";
import { sentText } from "./phrase";

const POSITIVE = ["WILCO", "ROGER", "AFFIRM", "REPLY"];
const REFUSING = ["UNABLE", "NEGATIVE"];

/** What was typed or tapped for an answer. */
export interface TypedAnswer {
  fields: Record<string, string>;
  text: string;
  /** Minutes that a STANDBY promises, as typed. */
  minutes: string;
}

/** An answer for which nothing was typed yet: every field is empty, whatever the message says. */
export const NOTHING_TYPED: TypedAnswer = { fields: {}, text: "", minutes: "" };

/** A field that an answer has: to be read back, or a reply with its words to choose from. */
export interface AskedField {
  name: string;
  words: readonly string[];
  readBack: boolean;
}

/** Returns the fields that an answer to a message must have. */
export function askedFields(view: MessageView, answer: string): AskedField[] {
  if (!POSITIVE.includes(answer)) return [];
  const read = view.read_back.map((name) => ({ name, words: [], readBack: true }));
  if (answer !== "REPLY") return read;
  const reply = MESSAGE_TYPES[view.message_type]?.reply ?? {};
  const named = Object.entries(reply).map(([name, words]) => ({ name, words, readBack: false }));
  return [...named, ...read.filter((each) => !(each.name in reply))];
}

/** Whether an answer refuses: then the other side is told why. */
export function refuses(answer: string): boolean {
  return REFUSING.includes(answer);
}

/** What an answer still lacks, as the key of its text with what it is about; null: nothing. */
export type Lack =
  | { key: "fieldLacks"; field: string }
  | { key: "reasonLacks" }
  | { key: "minutesLack" }
  | { key: "minutesTooMany"; minutes: number };

/** Returns what an answer still lacks before the node can take it. */
export function lacks(
  view: MessageView,
  answer: string,
  typed: TypedAnswer,
  nowUs: number,
): Lack | null {
  for (const { name } of askedFields(view, answer)) {
    if ((typed.fields[name] ?? "").trim() === "") return { key: "fieldLacks", field: name };
  }
  if (refuses(answer) && typed.text.trim() === "") return { key: "reasonLacks" };
  if (answer !== "STANDBY") return null;
  const minutes = Number(typed.minutes.replace(",", "."));
  if (!Number.isFinite(minutes) || minutes <= 0) return { key: "minutesLack" };
  const most = minutesLeft(view, nowUs);
  return minutes > most ? { key: "minutesTooMany", minutes: most } : null;
}

/** Returns a text with every digit as the zero of its script. */
export function maskDigits(text: string): string {
  return text.replace(/\d/g, "0").replace(/[\u0660-\u0669]/g, "\u0660");
}

/** Returns the form of a value, its digits hidden; null where it has too few for a form to matter. */
export function formOf(value: string): string | null {
  return (value.match(/\d/g) ?? []).length < 3 ? null : maskDigits(value);
}

/** Returns how many minutes a STANDBY may promise: to the deadline, in tenths, none beyond it. */
export function minutesLeft(view: MessageView, nowUs: number): number {
  if (view.answer_due_us === null) return 0;
  return Math.max(0, Math.floor((view.answer_due_us - nowUs) / 6_000_000) / 10);
}

/** Returns the act of an answer. */
export function answerBody(
  view: MessageView,
  answer: string,
  typed: TypedAnswer,
  post: string,
  nowUs: number,
): Answer {
  const names = askedFields(view, answer).map((each) => each.name);
  const fields = Object.fromEntries(
    names.map((name) => [name, sentText(typed.fields[name] ?? "")]),
  );
  const minutes = Number(typed.minutes.replace(",", "."));
  return {
    type: "answer",
    ref: view.key,
    post,
    answer,
    fields,
    text: sentText(typed.text),
    promised_us: answer === "STANDBY" ? Math.round(nowUs + minutes * 60e6) : null,
  };
}
