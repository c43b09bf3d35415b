// The order of the list, which message is next, and what a countdown says. Nothing is drawn here.
import type { Ladder, MessageView } from "../api/types";
import { MESSAGE_TYPES, NORMS } from "../terms/norms";

/** The classes, the loudest first. */
export const CLASSES: readonly string[] = NORMS.class.map((each) => each.name);

/** Returns how loud a class is: 0 is the loudest; one that is not known comes last. */
export function loudness(messageClass: string): number {
  const at = CLASSES.indexOf(messageClass);
  return at < 0 ? CLASSES.length : at;
}

/** Messages by what is still to be done about them. */
export interface Listed {
  /** They await our answer: the loudest first, then the soonest due. */
  awaitUs: MessageView[];
  /** Others that are not closed: somebody else owes an answer, or one was misread. */
  open: MessageView[];
  closed: MessageView[];
  /** Tests between the nodes: no person has to do with them. */
  machine: number;
}

/** Whether a message was taken by an addressee with other words than were said. */
export function misread(view: MessageView): boolean {
  return view.ladder.some((step) => step.read_back === "differs" && step.over === null);
}

function isMachine(view: MessageView): boolean {
  return MESSAGE_TYPES[view.message_type]?.machine === true && view.post === "system";
}

function byLoudness(a: MessageView, b: MessageView): number {
  return (
    loudness(a.message_class) - loudness(b.message_class) ||
    (a.answer_due_us ?? Number.POSITIVE_INFINITY) - (b.answer_due_us ?? Number.POSITIVE_INFINITY) ||
    a.sent_us - b.sent_us
  );
}

/** Returns the messages in the order of the list. */
export function listed(messages: readonly MessageView[]): Listed {
  const people = messages.filter((view) => !isMachine(view));
  const misreadFirst = (a: MessageView, b: MessageView) =>
    Number(misread(b)) - Number(misread(a)) || byLoudness(a, b);
  return {
    awaitUs: people.filter((view) => view.awaits_us && view.open).sort(byLoudness),
    open: people.filter((view) => view.open && !view.awaits_us).sort(misreadFirst),
    closed: people.filter((view) => !view.open).sort((a, b) => b.sent_us - a.sent_us),
    machine: messages.length - people.length,
  };
}

/** Returns the name of a message: its log and index. */
export function keyText(key: readonly [string, number]): string {
  return `${key[0]}#${key[1]}`;
}

export function sameKey(a: readonly [string, number], b: readonly [string, number]): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

/** Returns the message after the selected one in a list, the first where none is; undefined: none. */
export function nextOf(
  list: readonly MessageView[],
  selected: readonly [string, number] | null,
): MessageView | undefined {
  const at = selected === null ? -1 : list.findIndex((view) => sameKey(view.key, selected));
  return list[(at + 1) % Math.max(1, list.length)];
}

/** Returns the answers that a person may be offered: those that the node allows now, no other. */
export function offered(view: MessageView, actsNow: boolean): string[] {
  return actsNow ? [...view.may_answer] : [];
}

/** Returns our own step of a message's ladder, if it is addressed to us. */
export function ownStep(view: MessageView, party: string): Ladder | undefined {
  return view.ladder.find((step) => step.party === party);
}

/** What a clock says of an instant: how long is left, or for how long it has been late. */
export interface Clock {
  late: boolean;
  seconds: number;
}

/** Returns the clock of an instant: never more time than there is, never less lateness than that. */
export function clockOf(dueUs: number, nowUs: number): Clock {
  const left_s = (dueUs - nowUs) / 1e6;
  return left_s >= 0
    ? { late: false, seconds: Math.floor(left_s) }
    : { late: true, seconds: Math.floor(-left_s) };
}

/** A difference that the sender's machine found between what was said and what was read back. */
export interface Mismatch {
  field: string;
  said: string | null;
  read: string | null;
}

/** Returns both values of each field that was read back otherwise; null: it was left out there. */
export function mismatches(view: MessageView, step: Ladder): Mismatch[] {
  return step.differences.map((line) => {
    const field = view.read_back.find((name) => line.startsWith(`${name}: said `)) ?? line;
    return {
      field,
      said: view.fields[field] ?? null,
      read: step.answer?.fields[field] ?? null,
    };
  });
}
