// The worker that checks a pack: one question, its progress, one answer.

import { type Asked, type Said, throttled } from "./asked";
import { badgeOf } from "./badge";
import { chooseCheck } from "./ed25519";

interface Door {
  onmessage: ((event: MessageEvent<Asked>) => void) | null;
  postMessage(said: Said): void;
}

const door = globalThis as unknown as Door;

door.onmessage = async ({ data }) => {
  try {
    const tell = throttled((done, total) => door.postMessage({ kind: "progress", done, total }));
    const verdict = await badgeOf(data.pack, data.given, await chooseCheck(), tell);
    door.postMessage({ kind: "verdict", verdict });
  } catch (error) {
    door.postMessage({ kind: "fault", fault: error instanceof Error ? error.message : "unknown" });
  }
};
