// Colours for whoever draws by script: the map, the plots. The style sheet has the table; this
// reads from it what is in force, and says when that changes.
import { effect, signal } from "@preact/signals";
import { theme } from "../shell/state";
import type { TokenName } from "./palette";

/** Goes up whenever `token` may give something else: read it where colours are kept. */
export const paletteVersion = signal(0);
/** Whether the reader's system asks for as little motion as can be. */
export const wantsStill = signal(false);

const LOOKED_AT = [
  "(prefers-color-scheme: light)",
  "(prefers-contrast: more)",
  "(forced-colors: active)",
];
let probe: HTMLElement | null = null;

/** Returns a colour in force as `rgb(...)`, whatever the table or the system calls it. */
export function token(name: TokenName): string {
  if (!probe?.isConnected) {
    probe = document.createElement("span");
    probe.hidden = true;
    // A forced palette leaves this element alone, so that its own names are resolved here.
    probe.style.setProperty("forced-color-adjust", "none");
    document.body.append(probe);
  }
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

/** Keeps the document's theme as the reader chose it, and tells of each change. */
export function followTheme(): () => void {
  const queries = LOOKED_AT.map((query) => matchMedia(query));
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const changed = () => {
    paletteVersion.value = paletteVersion.peek() + 1;
  };
  const moved = () => {
    wantsStill.value = still.matches;
  };
  moved();
  for (const query of queries) query.addEventListener("change", changed);
  still.addEventListener("change", moved);
  const stop = effect(() => {
    const chosen = theme.value;
    if (chosen === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = chosen;
    changed();
  });
  return () => {
    stop();
    for (const query of queries) query.removeEventListener("change", changed);
    still.removeEventListener("change", moved);
  };
}
