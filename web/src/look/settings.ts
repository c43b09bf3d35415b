// What a reader chose, kept in this browser; nothing of it goes to the node.
//
// The language: of the address (?lang=), else as chosen before, else that of the node, else that of
// the browser. What is kept is read with doubt: anything else than expected is left out.
import { effect, signal } from "@preact/signals";
import { soundOn } from "../alerts/sound";
import { keysOff } from "../shell/keys";
import { keysOn, session, type Theme, theme, type Units, units, vectorMin } from "../shell/state";
import type { LanguageCode } from "../terms/kinds";
import { LANGUAGES, language } from "../text/language";

const KEPT_AS = "parley.console.settings";
/** Sizes of the panes: of the side in CSS pixels (null: as wide as suits the window). */
export const sideWidthPx = signal<number | null>(null);
/** Of the alerts, as a part of the side. */
export const alertsPart = signal(0.45);

/** Null: not chosen here; the node's or the browser's is taken. */
export const chosenLanguage = signal<LanguageCode | null>(null);

interface Kept {
  language: LanguageCode | null;
  units: Units;
  theme: Theme;
  keysOn: boolean;
  keysOff: string[];
  vectorMin: 0 | 1 | 2 | 4;
  soundOn: boolean;
  sideWidthPx: number | null;
  alertsPart: number;
}

const THEMES: readonly Theme[] = ["dark", "light", "system"];
export const VECTORS_MIN: readonly (0 | 1 | 2 | 4)[] = [0, 1, 2, 4];
export const UNITS: readonly Units[] = ["aviation", "metric"];

function isOneOf<Value>(values: readonly Value[], value: unknown): value is Value {
  return values.includes(value as Value);
}

/** Returns what of a kept text can be believed. */
export function readKept(text: string | null): Partial<Kept> {
  let given: unknown;
  try {
    given = JSON.parse(text ?? "{}");
  } catch {
    return {};
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) return {};
  const kept = given as Record<string, unknown>;
  const found: Partial<Kept> = {};
  if (isOneOf(LANGUAGES, kept["language"])) found.language = kept["language"];
  if (isOneOf(UNITS, kept["units"])) found.units = kept["units"];
  if (isOneOf(THEMES, kept["theme"])) found.theme = kept["theme"];
  if (typeof kept["keysOn"] === "boolean") found.keysOn = kept["keysOn"];
  if (typeof kept["soundOn"] === "boolean") found.soundOn = kept["soundOn"];
  if (isOneOf(VECTORS_MIN, kept["vectorMin"])) found.vectorMin = kept["vectorMin"];
  const off = kept["keysOff"];
  if (Array.isArray(off)) found.keysOff = off.filter((each) => typeof each === "string");
  const [width, part] = [kept["sideWidthPx"], kept["alertsPart"]];
  if (typeof width === "number" && width > 0 && width < 10_000) found.sideWidthPx = width;
  if (typeof part === "number" && part > 0 && part < 1) found.alertsPart = part;
  return found;
}

/** Returns the language to begin with, or to go over to once the node said its own. */
export function languageOf(
  address: string | null,
  chosen: LanguageCode | null,
  ofNode: string | undefined,
  ofBrowser: readonly string[],
): LanguageCode {
  const asked = [address, chosen, ofNode, ...ofBrowser].map((each) => each?.slice(0, 2) ?? "");
  return asked.find((each): each is LanguageCode => isOneOf(LANGUAGES, each)) ?? "en";
}

function addressed(): string | null {
  return new URLSearchParams(location.search).get("lang");
}

/** Takes a language that the reader chose; one in the address no longer counts. */
export function chooseLanguage(next: LanguageCode): void {
  const address = new URL(location.href);
  if (address.searchParams.has("lang")) {
    address.searchParams.delete("lang");
    history.replaceState(history.state, "", address);
  }
  chosenLanguage.value = next;
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEPT_AS);
  } catch {
    // A browser that keeps nothing: every choice holds for this page.
    return null;
  }
}

function store(kept: Kept): void {
  try {
    localStorage.setItem(KEPT_AS, JSON.stringify(kept));
  } catch {
    // The same.
  }
}

function take(kept: Partial<Kept>): void {
  if (kept.language !== undefined) chosenLanguage.value = kept.language;
  if (kept.units !== undefined) units.value = kept.units;
  if (kept.theme !== undefined) theme.value = kept.theme;
  if (kept.keysOn !== undefined) keysOn.value = kept.keysOn;
  if (kept.keysOff !== undefined) keysOff.value = new Set(kept.keysOff);
  if (kept.vectorMin !== undefined) vectorMin.value = kept.vectorMin;
  if (kept.soundOn !== undefined) soundOn.value = kept.soundOn;
  if (kept.sideWidthPx !== undefined) sideWidthPx.value = kept.sideWidthPx;
  if (kept.alertsPart !== undefined) alertsPart.value = kept.alertsPart;
}

/** Takes what was kept, and keeps what is chosen from now on. */
export function followSettings(): () => void {
  take(readKept(stored()));
  const speaking = effect(() => {
    language.value = languageOf(
      addressed(),
      chosenLanguage.value,
      session.value?.language,
      navigator.languages,
    );
  });
  const keeping = effect(() =>
    store({
      language: chosenLanguage.value,
      units: units.value,
      theme: theme.value,
      keysOn: keysOn.value,
      keysOff: [...keysOff.value],
      vectorMin: vectorMin.value,
      soundOn: soundOn.value,
      sideWidthPx: sideWidthPx.value,
      alertsPart: alertsPart.value,
    }),
  );
  return () => {
    speaking();
    keeping();
  };
}
