// Single keys: one registry, so that two rooms never take the same one and `?` can list them all.
import { signal } from "@preact/signals";
import { keysOn } from "./state";

/** One key and what it does, in the reader's language when it is listed. */
export interface Key {
  /** As `KeyboardEvent.key` has it, with "Shift+", "Ctrl+" or "Alt+" before where it is held. */
  key: string;
  /** What it does, for the list of keys. */
  told: () => string;
  does: () => void;
}

/** Keys that the reader turned off, each as `nameOfKey` has it. */
export const keysOff = signal<ReadonlySet<string>>(new Set());

/** Returns the name by which a key is turned off: of its room, so that it survives a new key. */
export function nameOfKey(room: string, key: Key): string {
  return `${room} ${key.key}`;
}

/** All keys in force, by the room that bound them. */
export const bound = signal<ReadonlyMap<string, readonly Key[]>>(new Map());

/** Binds a room's keys until the returned function is called; a key twice is our own mistake. */
export function bindKeys(room: string, keys: readonly Key[]): () => void {
  const taken = new Map(
    [...bound.value].flatMap(([who, all]) => all.map((each) => [each.key, who])),
  );
  for (const { key } of keys) {
    const who = taken.get(key);
    if (who !== undefined && who !== room)
      throw new Error(`key ${key} of ${room} is bound by ${who}`);
  }
  bound.value = new Map([...bound.value, [room, keys]]);
  return () => {
    const left = new Map(bound.value);
    if (left.get(room) === keys) left.delete(room);
    bound.value = left;
  };
}

/** Takes a key press: nothing while somebody types, nor with keys turned off. */
export function takeKey(event: KeyboardEvent): void {
  if (!keysOn.value || event.defaultPrevented || event.metaKey || isTyping(event.target)) return;
  const wanted = wantedBy(event);
  for (const [room, keys] of bound.value) {
    const found = keys.find((each) => each.key === wanted);
    if (found && !keysOff.value.has(nameOfKey(room, found))) {
      event.preventDefault();
      found.does();
      return;
    }
  }
}

/** What a key press asks for, as `Key.key` writes it. */
export function wantedBy(
  event: Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "altKey" | "shiftKey">,
): string {
  const key = latinOf(event);
  const held = `${event.ctrlKey ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}`;
  const shift = event.shiftKey && key.length > 1 ? "Shift+" : "";
  return `${held}${shift}${key}`;
}

/** Keys of a board that writes no Latin letters, by their place: [alone, with Shift]. */
const BY_PLACE: Record<string, readonly [string, string]> = {
  BracketLeft: ["[", "{"],
  BracketRight: ["]", "}"],
  Comma: [",", "<"],
  Period: [".", ">"],
  Slash: ["/", "?"],
  Semicolon: [";", ":"],
  Minus: ["-", "_"],
  Equal: ["=", "+"],
};

/** Returns the key, by its place where the reader's board writes Cyrillic or Arabic with it. */
function latinOf(event: Pick<KeyboardEvent, "key" | "code" | "shiftKey">): string {
  if (event.key.length > 1 || /^[ -~]$/.test(event.key)) return event.key;
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
  if (letter) return event.shiftKey ? letter : letter.toLowerCase();
  const figure = /^Digit([0-9])$/.exec(event.code)?.[1];
  return figure ?? BY_PLACE[event.code]?.[event.shiftKey ? 1 : 0] ?? event.key;
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.closest("dialog[open]") !== null) return true;
  return ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}
