// Fixed phrases in the reader's language, filled as the node fills them (`world/phrases.py`).
//
// A value stands as it was sent. In a text from the right, and wherever a value itself runs so, it is
// set apart by U+2068 and U+2069. phrases.samples.json has what the node makes of the same.
import type { LanguageCode, Texts } from "../terms/kinds";
import { PHRASES } from "../terms/phrases";

const FALLBACK: LanguageCode = "en";
const ISOLATE = "\u2068";
const POP = "\u2069";
/** Fields that hold a code word: it is said in the reader's language with the code beside it. */
const CODED_FIELDS = ["activity", "limits.side", "promulgation", "value", "whose"];
const SLOT = /\{(\w+)\}/g;
/** What cannot be seen: it could hide something, or reorder what stands beside it. */
const UNSEEN = /[\p{C}\p{Z}]/gu;
/** Letters and digits that are written from right to left. */
const FROM_RIGHT =
  /(?!\p{Mn})[\u0590-\u0605\u0608\u060B\u060D\u061B-\u064A\u0660-\u0669\u066B-\u066F\u0671-\u06DD\u06E5\u06E6\u06EE\u06EF\u06FA-\u08FF\uFB1D-\uFDFC\uFE70-\uFEFC\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;

type Kind =
  | "answer"
  | "class"
  | "call"
  | "relay"
  | "receipt"
  | "value"
  | "subject"
  | "field"
  | "around";

function table(kind: Kind | "type"): Record<string, Texts> {
  return PHRASES[kind] as Record<string, Texts>;
}

function known(kind: Kind | "type", code: string): Texts | undefined {
  return Object.hasOwn(table(kind), code) ? table(kind)[code] : undefined;
}

/** Returns text in one line, what cannot be seen as its escape: it can neither hide nor reorder. */
export function clean(text: string): string {
  return text
    .replace(/\n/g, " / ")
    .replace(UNSEEN, (letter) => (letter === " " ? letter : escaped(letter)));
}

function escaped(letter: string): string {
  const named: Record<string, string> = { "\t": "\\t", "\r": "\\r" };
  const code = letter.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (named[letter]) return named[letter];
  if (code < 0x100) return `\\x${hex.padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

/** Whether a text has letters or digits that are written from right to left. */
export function runsFromRight(text: string): boolean {
  return FROM_RIGHT.test(text);
}

function isolated(text: string, tongue: LanguageCode): string {
  if (tongue !== "ar" && !runsFromRight(text)) return text;
  return `${ISOLATE}${text}${POP}`;
}

/** Returns the word of a code in a language; a code without one stands as it is. */
export function word(kind: Kind, code: string, tongue: LanguageCode): string {
  return known(kind, code)?.[tongue] ?? isolated(clean(code), tongue);
}

/** Returns the word with the code beside it, which is what both sides have in common. */
export function withCode(kind: Kind, code: string, tongue: LanguageCode): string {
  if (tongue === FALLBACK || !known(kind, code)) return isolated(clean(code), tongue);
  return `${word(kind, code, tongue)} [${isolated(code, tongue)}]`;
}

/** Returns what a field holds: as it was sent, with its meaning where it is a code word. */
export function valueText(name: string, value: string, tongue: LanguageCode): string {
  const sent = isolated(clean(value), tongue);
  const meant = CODED_FIELDS.includes(name) ? known("value", value) : undefined;
  return meant === undefined || tongue === FALLBACK ? sent : `${meant[tongue]} [${sent}]`;
}

/** Returns the name of a field in a language; one that has no word stands as it was sent. */
export function fieldName(name: string, tongue: LanguageCode): string {
  return known("field", name)?.[tongue] ?? isolated(clean(name), tongue);
}

/** Returns the name of a field to choose by: with its code where another one is called the same. */
export function fieldLabel(name: string, tongue: LanguageCode): string {
  const told = fieldName(name, tongue);
  const same = Object.values(table("field")).filter((each) => each[tongue] === told);
  return same.length > 1 ? `${told} [${isolated(name, tongue)}]` : told;
}

/** Returns the slots of a type's phrase, in its order. */
export function slotsOf(type: string): string[] {
  const template = known("type", type)?.en ?? "";
  return [...template.matchAll(SLOT)].map((found) => found[1] ?? "");
}

/** Returns what a message of a type says, with its fields, in a language. */
export function phrase(type: string, fields: Record<string, string>, tongue: LanguageCode): string {
  const texts = known("type", type);
  const slots = new Set<string>();
  let said: string;
  if (texts === undefined) {
    said = `${isolated(clean(type), tongue)} (${word("around", "no_phrase", tongue)})`;
  } else {
    said = texts[tongue].replace(SLOT, (_, name: string) => {
      slots.add(name);
      return slot(name, fields, tongue);
    });
  }
  const rest = Object.keys(fields)
    .filter((name) => !slots.has(name))
    .sort(byCodePoint)
    .map((name) => `${fieldName(name, tongue)}: ${valueText(name, fields[name] ?? "", tongue)}`);
  const joined = rest.join(tongue === "ar" ? "؛ " : "; ");
  return joined === "" ? said : `${said} ${joined}`;
}

function slot(name: string, fields: Record<string, string>, tongue: LanguageCode): string {
  const value = Object.hasOwn(fields, name) ? (fields[name] ?? "") : "";
  return value.trim() === "" ? word("around", "missing", tongue) : valueText(name, value, tongue);
}

/** As Python sorts texts: by code points, not by UTF-16 units. */
function byCodePoint(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const apart = (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? 0);
    if (apart !== 0) return apart;
  }
  return left.length - right.length;
}

/** Returns a phrase in pieces: each that was set apart stands in an element of its own. */
export function pieces(text: string): { text: string; apart: boolean }[] {
  return text
    .split(/[\u2068\u2069]/)
    .map((part, place) => ({ text: part, apart: place % 2 === 1 }))
    .filter((part) => part.text !== "");
}

/**
 * Returns a text as it is sent: without the isolates that this screen sets around what it shows.
 *
 * They cannot be seen; copied from the screen into a field they would make a read-back differ.
 */
export function sentText(text: string): string {
  return text.replace(/[\u2066-\u2069]/g, "").trim();
}
