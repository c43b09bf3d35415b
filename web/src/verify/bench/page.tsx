// The badge on a page of its own: for benchmarks/bench_browser_verify.py and its test in a browser.
// ?pack=ADDRESS&lang=en, and `await checkPack()` in the console for one check with its times.

import { render } from "preact";
import type { LanguageCode } from "../../terms/kinds";
import { checkEvidence } from "../check";
import { EvidenceBadge } from "../EvidenceBadge";
import "../../look/screen.css";

const asked = new URLSearchParams(location.search);
const lang: LanguageCode = (["ru", "ar"] as const).find((one) => one === asked.get("lang")) ?? "en";

async function fetchPack(): Promise<Uint8Array> {
  const answer = await fetch(asked.get("pack") ?? "pack.zip");
  if (!answer.ok) throw new Error(`${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

/** Checks the pack once, timing all but the fetch, and how long the main thread was held. */
async function checkPack() {
  const pack = await fetchPack();
  let longest = 0;
  let before = performance.now();
  const watch = setInterval(() => {
    longest = Math.max(longest, performance.now() - before);
    before = performance.now();
  }, 1);
  const start = performance.now();
  const verdict = await checkEvidence(
    async () => pack,
    () => undefined,
  );
  const ms = performance.now() - start;
  clearInterval(watch);
  return { ms, longest, verdict };
}

Object.assign(globalThis, { checkPack });
document.documentElement.lang = lang;
document.documentElement.dir = lang === "ar" ? "rtl" : "ltr";
const place = document.getElementById("badge");
if (place) {
  // At the foot of the page, as on the console: the panel opens above it.
  place.style.marginBlockStart = "75vh";
  render(<EvidenceBadge agreement="AGR-1" fetchPack={fetchPack} lang={lang} />, place);
}
