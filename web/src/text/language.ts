// The reader's language: one signal; every room has its own table of texts in three languages.
import { computed, effect, signal } from "@preact/signals";
import type { LanguageCode } from "../terms/kinds";

export const LANGUAGES: readonly LanguageCode[] = ["en", "ru", "ar"];
export const OWN_NAMES: Record<LanguageCode, string> = {
  en: "English",
  ru: "Русский",
  ar: "العربية",
};

export const language = signal<LanguageCode>("en");
export const direction = computed(() => (language.value === "ar" ? "rtl" : "ltr"));

/** A room's texts: the same keys in every language, or it does not compile. */
export type Table<Keys extends string> = Record<LanguageCode, Record<Keys, string>>;

/**
 * Returns a text of a room in the reader's language, with its {slots} filled.
 *
 * Slots that are numbers, names or times are isolated, so that in a text from the right nothing
 * changes its place (U+2068 and U+2069).
 */
export function say<Keys extends string>(
  table: Table<Keys>,
  key: Keys,
  slots: Record<string, string | number> = {},
): string {
  const text = table[language.value][key];
  return text.replace(/\{(\w+)\}/g, (whole, name: string) =>
    name in slots ? `\u2068${slots[name]}\u2069` : whole,
  );
}

/** Keeps the document's language and direction as the signal says. */
export function followLanguage(): () => void {
  return effect(() => {
    document.documentElement.lang = language.value;
    document.documentElement.dir = direction.value;
  });
}
