// Writes that words stood before somebody, where they did: all of them, long enough, before a person.
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import type { MessageView } from "../api/types";
import { doOnce } from "../line/acting";
import { actingPost } from "../line/posts";
import { actsNow, mode, screen } from "../shell/state";
import { keyText } from "./ranks";
import { isWatched, SEEN_FOR_MS, wantsReceipt } from "./receipts";

const LOOK_EVERY_MS = 250;

let usedAtMs = performance.now();
const written = new Set<string>();

/** Notes each use of a key or the pointer: somebody is there. Returns what ends it. */
export function noteUse(): () => void {
  const used = () => {
    usedAtMs = performance.now();
  };
  const kinds = ["keydown", "pointerdown", "pointermove", "wheel"] as const;
  for (const kind of kinds) addEventListener(kind, used, { passive: true });
  return () => {
    for (const kind of kinds) removeEventListener(kind, used);
  };
}

function isSeenNow(): boolean {
  return isWatched({
    actsNow: actsNow.value && mode.value === "LIVE",
    tabSeen: document.visibilityState === "visible",
    uncovered: document.querySelector("dialog[open]") === null,
    usedAtMs,
    nowMs: performance.now(),
  });
}

/** Writes that the words of a message to us stood before whoever acts here; once. */
export async function writeReceipt(view: MessageView): Promise<void> {
  const key = keyText(view.key);
  const post = actingPost(view.agreement, view.line);
  if (post === "" || written.has(key) || !wantsReceipt(view, screen.value?.party ?? "")) return;
  written.add(key);
  const became = await doOnce({ type: "display", ref: view.key, post });
  // Not written, as far as is known: it is tried again once it is seen again.
  if (became.at !== "done") written.delete(key);
}

/** Watches the words of a row that a receipt is due for. */
export function useReceipt(place: RefObject<HTMLElement | null>, view: MessageView): void {
  const due = wantsReceipt(view, screen.value?.party ?? "");
  const key = keyText(view.key);
  useEffect(() => {
    const words = place.current?.querySelector(".hot-words");
    if (!due || !words || written.has(key)) return;
    return watch(words, () => void writeReceipt(view));
  }, [due, key]);
}

/**
 * Calls `then` once the beginning and the end of an element stood inside the pane, each for a while.
 *
 * Words that are longer than the pane have been read through once their end was turned to.
 */
function watch(words: Element, then: () => void): () => void {
  const pane = words.closest(".hot-scroll");
  let near = false;
  let beginMs = 0;
  let endMs = 0;
  const watcher = new IntersectionObserver((changes) => {
    near = changes.at(-1)?.isIntersecting ?? near;
  });
  watcher.observe(words);
  const timer = setInterval(() => {
    const box = words.getBoundingClientRect();
    const frame = pane?.getBoundingClientRect() ?? box;
    const seen = near && box.height > 0 && isSeenNow();
    const inside = (y: number) => seen && y >= frame.top - 1 && y <= frame.bottom + 1;
    // What was seen once stays seen; what only flits by begins anew.
    if (beginMs < SEEN_FOR_MS) beginMs = inside(box.top) ? beginMs + LOOK_EVERY_MS : 0;
    if (endMs < SEEN_FOR_MS) endMs = inside(box.bottom) ? endMs + LOOK_EVERY_MS : 0;
    if (beginMs < SEEN_FOR_MS || endMs < SEEN_FOR_MS) return;
    stop();
    then();
  }, LOOK_EVERY_MS);
  const stop = () => {
    clearInterval(timer);
    watcher.disconnect();
  };
  return stop;
}
