// The types that a person may say, the loudest first, and which of them a search finds.
import type { LanguageCode, MessageTypeNorms } from "../terms/kinds";
import { MESSAGE_TYPES } from "../terms/norms";
import { PHRASES } from "../terms/phrases";
import { loudness } from "./ranks";

/** All types but those of machines, by class and then as the norms have them. */
export const SAYABLE: readonly MessageTypeNorms[] = Object.values(MESSAGE_TYPES)
  .filter((kind) => !kind.machine)
  .sort((a, b) => loudness(a.class) - loudness(b.class));

/**
 * Returns the types whose code or phrase has every word that is sought, in any language.
 *
 * One whose code is what was typed goes first: who types a code and Enter means that one, and not a
 * louder one in whose phrase the word stands too.
 */
export function typesFound(sought: string, tongue: LanguageCode): MessageTypeNorms[] {
  const words = sought.toLocaleLowerCase(tongue).split(/\s+/).filter(Boolean);
  const isCode = (kind: MessageTypeNorms) => Number(kind.name === words.join(" "));
  const found = SAYABLE.filter((kind) => {
    const texts = Object.values(PHRASES.type[kind.name] ?? {});
    const classes = Object.values(PHRASES.class[kind.class] ?? {});
    const all = [kind.name, kind.class, ...texts, ...classes].join(" ").toLocaleLowerCase(tongue);
    return words.every((word) => all.includes(word));
  });
  return found.sort((a, b) => isCode(b) - isCode(a));
}

/** Returns within how many seconds a message of a type is answered, by the norms. */
export function answeredWithin(type: string): number | null {
  return MESSAGE_TYPES[type]?.answered_s ?? null;
}
