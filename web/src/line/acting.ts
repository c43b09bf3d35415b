// Doing an act once: while it is under way nothing is sent again, and what became of it is told.
import { useState } from "preact/hooks";
import { act, NoAnswer, NodeFault } from "../api/client";
import type { ActDone, FaultView } from "../api/types";
import { refreshSoon } from "../live/link";

/** How an act stands. `unknown`: the node did not answer, so nobody here knows whether it was done. */
export type Doing =
  | { at: "ready" }
  | { at: "under way" }
  | { at: "done"; done: ActDone }
  | { at: "refused"; fault: FaultView; status: number }
  | { at: "unknown" };

/** Returns what became of an act, never throwing what the node or the network did. */
export async function doOnce(body: unknown, path = "/api/acts"): Promise<Doing> {
  try {
    const done = await act<ActDone>(path, body);
    refreshSoon();
    return { at: "done", done };
  } catch (error) {
    if (error instanceof NodeFault) {
      return { at: "refused", fault: error.view, status: error.status };
    }
    if (error instanceof NoAnswer) return { at: "unknown" };
    throw error;
  }
}

/**
 * Gives how an act stands and what starts it; a second start while it is under way does nothing.
 *
 * `first` is done before it, whatever becomes of that.
 */
export function useDoing(): {
  doing: Doing;
  start: (body: unknown, then?: (done: ActDone) => void, first?: () => Promise<unknown>) => void;
  reset: () => void;
} {
  const [doing, setDoing] = useState<Doing>({ at: "ready" });
  const start = (body: unknown, then?: (done: ActDone) => void, first?: () => Promise<unknown>) => {
    if (doing.at === "under way") return;
    setDoing({ at: "under way" });
    void (async () => {
      await first?.();
      const became = await doOnce(body);
      setDoing(became);
      if (became.at === "done") then?.(became.done);
    })();
  };
  return { doing, start, reset: () => setDoing({ at: "ready" }) };
}
