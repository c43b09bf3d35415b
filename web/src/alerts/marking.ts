// Marking an alert: what a person at a post has done about it. Nothing is written without its dialog.
import { signal } from "@preact/signals";
import { act, NoAnswer, NodeFault } from "../api/client";
import type { ActDone, AgreementBrief, AlertView, MarkAlert } from "../api/types";
import { chosenPost } from "../line/posts";
import { refreshSoon } from "../live/link";
import { actsNow, screen } from "../shell/state";
import { newestForm } from "./identity";

export type Stage = MarkAlert["stage"];

/** An alert as it was on the screen when its dialog was opened; the mark covers that and no more. */
export interface Marking {
  alert: AlertView;
  stage: Stage;
}

/** What came of a mark, in the node's words where it refused. */
export type Outcome =
  | { kind: "written" }
  | { kind: "stood" }
  | { kind: "refused"; fault: string; repair: string }
  | { kind: "noAnswer" };

/** What is asked now; null while nothing is. */
export const marking = signal<Marking | null>(null);
/** The last mark that was written, for the line that says so. */
export const lastMark = signal<{
  alert: AlertView;
  stage: Stage;
  stood: boolean;
  atUs: number;
} | null>(null);

/** Returns our own posts under an agreement, the one at an end of a line first. */
export function ownPosts(agreements: readonly AgreementBrief[], agreement: string): string[] {
  const lines = agreements.find((each) => each.agreement === agreement)?.lines ?? [];
  return [...new Set(lines.flatMap((line) => line.own_posts))];
}

/** Returns the post at which the person is, as the screen shows it, if it is one of these. */
export function postOf(posts: readonly string[]): string {
  return posts.includes(chosenPost.value) ? chosenPost.value : (posts[0] ?? "");
}

/** Opens the dialog for an alert, where marks can be made at all. */
export function askMark(alert: AlertView | null, stage: Stage): void {
  if (alert === null || !canMark(alert) || !isPaneShown()) return;
  marking.value = { alert, stage };
}

/** A narrow window hides the pane behind a tab; a dialog in it would be asked and not be seen. */
function isPaneShown(): boolean {
  return document.querySelector(".alerts")?.checkVisibility() === true;
}

/** Whether somebody here can mark an alert now. */
export function canMark(alert: AlertView): boolean {
  if (!actsNow.value || alert.life === null) return false;
  return ownPosts(screen.value?.agreements ?? [], alert.agreement).length > 0;
}

/** Returns the act of a mark: about the form that was before the person, not about a later one. */
export function markAct(of: Marking, post: string, text: string): MarkAlert {
  return {
    type: "mark_alert",
    ref: of.alert.key,
    post,
    stage: of.stage,
    text,
    renewal: newestForm(of.alert),
  };
}

/** Writes the mark, and says what came of it. */
export async function writeMark(of: Marking, post: string, text: string): Promise<Outcome> {
  try {
    const done = await act<ActDone>("/api/acts", markAct(of, post, text));
    return { kind: done.key === null ? "stood" : "written" };
  } catch (error) {
    if (error instanceof NodeFault) {
      return { kind: "refused", fault: error.view.fault, repair: error.view.repair };
    }
    if (error instanceof NoAnswer) return { kind: "noAnswer" };
    throw error;
  } finally {
    refreshSoon();
  }
}
