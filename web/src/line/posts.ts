// As which post this screen acts: chosen once, kept while the browser's tab lives, always shown.
import { computed, signal } from "@preact/signals";
import type { LineBrief, ScreenView } from "../api/types";
import { screen } from "../shell/state";

const KEPT_AS = "parley.post";

function kept(): string {
  try {
    return sessionStorage.getItem(KEPT_AS) ?? "";
  } catch {
    // A browser without storage, or no browser: the choice lives as long as the page.
    return "";
  }
}

/** The post that was chosen; "" before anybody chose. */
export const chosenPost = signal(kept());

/** Chooses the post that acts from now on. */
export function choosePost(post: string): void {
  chosenPost.value = post;
  try {
    sessionStorage.setItem(KEPT_AS, post);
  } catch {
    // See above.
  }
}

/** A line of ours with the agreement that it stands under. */
export interface OwnLine {
  agreement: string;
  line: LineBrief;
}

/** Returns the lines that our party is an end of. */
export function ownLines(view: ScreenView | null): OwnLine[] {
  if (view === null) return [];
  return view.agreements.flatMap((each) =>
    each.lines
      .filter((line) => line.parties.includes(view.party))
      .map((line) => ({ agreement: each.agreement, line })),
  );
}

/** Returns the posts that may act on a line, the one at its end first. */
export function postsFor(view: ScreenView | null, agreement: string, line: string): string[] {
  const known = view?.agreements.find((each) => each.agreement === agreement);
  const exact = known?.lines.find((each) => each.line === line)?.own_posts;
  return exact ?? known?.lines.flatMap((each) => each.own_posts) ?? [];
}

/** Returns the post that acts on a line: the chosen one if it may, else the one at its end. */
export function actingPost(agreement: string, line: string): string {
  const posts = postsFor(screen.value, agreement, line);
  return posts.includes(chosenPost.value) ? chosenPost.value : (posts[0] ?? "");
}

/** All own posts, to choose from. */
export const ownPosts = computed<string[]>(() => {
  const found = ownLines(screen.value).flatMap((each) => each.line.own_posts);
  return [...new Set(found)];
});

/** The post that acts where no line says otherwise. */
export const postShown = computed(() =>
  ownPosts.value.includes(chosenPost.value) ? chosenPost.value : (ownPosts.value[0] ?? ""),
);
