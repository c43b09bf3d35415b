// A telephone call as it is entered: what was typed, what it lacks, and the act of it.
import { signal } from "@preact/signals";
import type { LogCall, MessageView, Reference, ScreenView } from "../api/types";
import { parseInstant } from "../line/past";
import { actingPost, ownLines } from "../line/posts";
import { onlyOther } from "./draft";
import { sentText } from "./phrase";

export type CallOutcome = LogCall["outcome"];
export const CALL_OUTCOMES: readonly CallOutcome[] = [
  "talked",
  "no answer",
  "refused",
  "technical failure",
];

/** A name and a value, as they were typed. */
export interface Pair {
  name: string;
  value: string;
}

/** A call as it was typed so far; who called and how it went is asked, never chosen beforehand. */
export interface TypedCall {
  agreement: string;
  line: string;
  post: string;
  party: string;
  direction: "" | "placed" | "received";
  outcome: "" | CallOutcome;
  began: string;
  ended: string;
  spokeWith: string;
  subject: string;
  text: string;
  said: Pair[];
  readBack: Pair[];
  recorder: string;
  reason: string;
  about: [string, number] | null;
}

/** The call that is being entered; null: none is. */
export const calling = signal<TypedCall | null>(null);

/** Begins a call, about a message where one is given. */
export function beginCall(view: ScreenView | null, about: MessageView | null = null): void {
  const lines = ownLines(view);
  const first =
    lines.find((each) => each.agreement === about?.agreement && each.line.line === about.line) ??
    lines[0];
  const agreement = first?.agreement ?? "";
  const line = first?.line.line ?? "";
  const own = view?.party ?? "";
  calling.value = {
    agreement,
    line,
    post: actingPost(agreement, line),
    party: onlyOther(first?.line.parties ?? [], own)[0] ?? "",
    direction: "",
    outcome: "",
    began: "",
    ended: "",
    spokeWith: "",
    subject: "",
    text: "",
    said: [],
    readBack: [],
    recorder: "",
    reason: "",
    about: about?.key ?? null,
  };
}

export type CallLack =
  | "lineLacks"
  | "partyLacks"
  | "directionLacks"
  | "outcomeLacks"
  | "beganLacks"
  | "endedWrong"
  | "subjectLacks"
  | "callReasonLacks";

/** Returns what a call still lacks, as the key of its text; null where it may be entered. */
export function callLacks(typed: TypedCall, nowUs: number): CallLack | null {
  if (typed.line === "" || typed.post === "") return "lineLacks";
  if (typed.party === "") return "partyLacks";
  if (typed.direction === "") return "directionLacks";
  if (typed.outcome === "") return "outcomeLacks";
  const beganUs = parseInstant(typed.began, nowUs);
  if (beganUs === null) return "beganLacks";
  if (typed.ended.trim() !== "") {
    const endedUs = parseInstant(typed.ended, nowUs);
    if (endedUs === null || endedUs < beganUs) return "endedWrong";
  }
  const about = typed.about !== null;
  if (typed.outcome === "talked" && typed.subject.trim() === "" && !about) return "subjectLacks";
  const fell = typed.outcome === "refused" || typed.outcome === "technical failure";
  return fell && typed.reason.trim() === "" ? "callReasonLacks" : null;
}

function pairs(typed: readonly Pair[]): Record<string, string> {
  const kept = typed.map(({ name, value }) => [sentText(name), sentText(value)]);
  return Object.fromEntries(kept.filter(([name, value]) => name !== "" && value !== ""));
}

/** Returns the act; null where it lacks something. */
export function callBody(
  typed: TypedCall,
  nowUs: number,
  ref: readonly Reference[],
): LogCall | null {
  const beganUs = parseInstant(typed.began, nowUs);
  if (callLacks(typed, nowUs) !== null || beganUs === null) return null;
  if (typed.direction === "" || typed.outcome === "") return null;
  return {
    type: "log_call",
    agreement: typed.agreement,
    line: typed.line,
    post: typed.post,
    party: typed.party,
    direction: typed.direction,
    outcome: typed.outcome,
    began_us: Math.round(beganUs),
    ended_us: typed.ended.trim() === "" ? null : parseInstant(typed.ended, nowUs),
    spoke_with: sentText(typed.spokeWith),
    subject: sentText(typed.subject),
    text: sentText(typed.text),
    fields: pairs(typed.said),
    read_back: pairs(typed.readBack),
    recorder: sentText(typed.recorder),
    reason: sentText(typed.reason),
    ref: [...ref],
  };
}
