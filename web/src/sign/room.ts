// What the room of signing in and signing asks and keeps: the session's own acts, people, passkeys.
import { signal } from "@preact/signals";
import { act, ask, NoAnswer, NodeFault } from "../api/client";
import type { OperatorView, PasskeyShown, SessionView, UnitReport } from "../api/types";
import { refreshSession, refreshSoon } from "../live/link";
import { liveScreen } from "../shell/state";
import { PasskeyFault } from "./passkey";

/** What is open: one dialog at a time. */
export type Open = "session" | "sign" | "enrol" | "reports" | null;
export const open = signal<Open>(null);

/** People and passkeys as the node has them; asked for when a dialog opens and after each act. */
export const people = signal<readonly OperatorView[]>([]);
export const passkeys = signal<readonly PasskeyShown[]>([]);

/** How something that was tried stands. */
export type Tried =
  | { at: "ready" }
  | { at: "under way" }
  | { at: "done" }
  | { at: "refused"; fault: string; repair: string }
  | { at: "cancelled" }
  | { at: "noSecret" }
  | { at: "unknown" };

/** Does something once, and returns what became of it; nothing of it is thrown. */
export async function tried(work: () => Promise<unknown>): Promise<Tried> {
  try {
    await work();
    return { at: "done" };
  } catch (error) {
    if (error instanceof NodeFault) {
      return { at: "refused", fault: error.view.fault, repair: error.view.repair };
    }
    if (error instanceof NoAnswer) return { at: "unknown" };
    if (error instanceof PasskeyFault) return { at: error.kind };
    throw error;
  }
}

/** Shows the node a token; on success the session is this browser's from then on. */
export async function signIn(token: string): Promise<void> {
  await act<SessionView>("/api/session", { token });
  await refreshSession();
  refreshSoon();
}

/** Ends this browser's session; where looking needs one, the page before the others comes. */
export async function signOut(): Promise<void> {
  const view = await act<SessionView>("/api/session/end", {});
  if (view.walled) location.assign("/sign-in?next=/console/");
  else await refreshSession();
}

/** Asks for people and passkeys anew. */
export async function askPeople(): Promise<void> {
  const [found, kept] = await Promise.all([
    ask<OperatorView[]>("/api/operators"),
    ask<PasskeyShown[]>("/api/passkeys"),
  ]);
  people.value = found;
  passkeys.value = kept;
}

/** Returns the people of a party who may sign now under an agreement. */
export function signersOf(
  every: readonly OperatorView[],
  party: string,
  agreement: string,
): OperatorView[] {
  return every.filter((p) => p.party === party && p.agreement === agreement && p.counts);
}

/** Returns the reports of units that wait for a post: of now, whatever instant is looked at. */
export function waitingReports(): UnitReport[] {
  return (liveScreen.value?.unit_reports ?? []).filter((each) => each.state === "waits");
}
