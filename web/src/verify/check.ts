// Fetches a pack and checks it in a worker, so that the page never stalls.

import type { Asked, Said } from "./asked";
import type { Verdict } from "./badge";

/**
 * Returns what a pack is worth, checked here and by nobody else.
 *
 * A pack in which something is wrong is a verdict; it only fails where the pack cannot be fetched,
 * or a given key is none. `given`: vkeys that the person has from their owners.
 */
export async function checkEvidence(
  fetchPack: () => Promise<Uint8Array>,
  onProgress: (done: number, total: number) => void,
  given: readonly string[] = [],
): Promise<Verdict> {
  // A copy of our own, which can be handed over whole.
  const pack = new Uint8Array(await fetchPack());
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  try {
    return await askWorker(worker, { pack, given }, onProgress);
  } finally {
    worker.terminate();
  }
}

function askWorker(
  worker: Worker,
  asked: Asked,
  onProgress: (done: number, total: number) => void,
): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Said>) => {
      if (data.kind === "progress") onProgress(data.done, data.total);
      else if (data.kind === "verdict") resolve(data.verdict);
      else reject(new Error(data.fault));
    };
    worker.onerror = (event) => reject(new Error(event.message || "the worker did not start"));
    worker.postMessage(asked, [asked.pack.buffer]);
  });
}
