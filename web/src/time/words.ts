// Ticks and words of the node in the reader's language; what has no phrase stays as the node says it.
import type { Tick } from "../api/types";
import { clockText } from "../look/units";
import type { Texts } from "../terms/kinds";
import { PHRASES } from "../terms/phrases";
import { language, say } from "../text/language";
import { TEXTS, type TextKey } from "./texts";

/** Returns the fixed phrase of a code, or the code itself. */
export function phrase(kind: keyof typeof PHRASES, code: string): string {
  const known = (PHRASES[kind] as Record<string, Texts>)[code];
  return known?.[language.value] ?? code;
}

const KINDS: Record<Tick["kind"], TextKey> = {
  alert: "alert",
  "alert end": "alertEnd",
  answer: "answer",
  glance: "glance",
  line: "line",
  link: "link",
  message: "message",
  presence: "presence",
  zone: "zone",
};

const CLASSES: Record<string, TextKey> = {
  coordinate: "coordinate",
  "own move only": "ownMove",
  "short-term": "shortTerm",
};

/** Returns the class of an alert in words. */
export function classText(word: string): string {
  const key = CLASSES[word];
  return key ? say(TEXTS, key) : word;
}

function wordOf(tick: Tick): string {
  switch (tick.kind) {
    case "message":
      return phrase("class", tick.word);
    case "answer":
      return phrase("answer", tick.word);
    case "glance":
      return phrase("glance", tick.word);
    case "line":
      return phrase("agreement", tick.word);
    case "link":
      return phrase("link", tick.word);
    case "presence":
      return phrase("attended", tick.word);
    case "zone":
      return phrase("value", tick.word);
    case "alert":
      return classText(tick.word);
    default:
      return tick.word;
  }
}

/** Returns a tick in words, its time first. */
export function tickText(tick: Tick): string {
  const what = say(TEXTS, KINDS[tick.kind]);
  const told = tick.kind === "answer" || tick.kind === "alert end" ? "" : tick.about;
  const text = say(TEXTS, "by", { what, word: wordOf(tick), about: told, party: tick.party });
  return `${clockText(tick.at_us)} ${text}`;
}

/** Returns what was left out of the timeline, by kind. */
export function leftOutText(leftOut: Record<string, number>): string {
  const parts = Object.entries(leftOut).map(([kind, count]) => {
    const key = KINDS[kind as Tick["kind"]];
    return `${key ? say(TEXTS, key) : kind} ${count}`;
  });
  return parts.length === 0 ? "" : say(TEXTS, "leftOut", { what: parts.join(", ") });
}
