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
  if (!keysOn.value || event.defaultPrevented || isTyping(event.target)) return;
  const held = `${event.ctrlKey ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}`;
  const shift = event.shiftKey && event.key.length > 1 ? "Shift+" : "";
  const wanted = `${held}${shift}${event.key}`;
  for (const keys of bound.value.values()) {
    const found = keys.find((each) => each.key === wanted);
    if (found) {
      event.preventDefault();
      found.does();
      return;
    }
  }
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.closest("dialog[open]") !== null) return true;
  return ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}
