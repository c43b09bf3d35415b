// What the list rests on: the feeds with their age, who is watched, and what is not. Where the list is
// empty this stands open in its place, for an empty list is no statement about what is not watched.
import type { FeedView, ScreenView, WatchView } from "../api/types";
import { spanText } from "../look/units";
import { say } from "../text/language";
import { NodeWords } from "./NodeWords";
import { TEXTS } from "./texts";
import { listText, partsText, STATUS_WORDS, wordOf } from "./words";

const US_PER_S = 1_000_000;

/** Whether nothing is known of what was watched: of the past the log alone is kept. */
export function isWatchKnown(view: ScreenView): boolean {
  return !view.past || view.alerts.watch.feeds.length > 0;
}

/** An empty list: its feeds by name, and what is not watched. */
export function EmptyList({ view, atUs }: { view: ScreenView; atUs: number }) {
  const { watch } = view.alerts;
  if (!isWatchKnown(view)) {
    return (
      <div class="alerts-none">
        <p>
          <strong>{say(TEXTS, "pastNone", { party: view.viewer })}</strong>{" "}
          {say(TEXTS, "pastWatch")}
        </p>
      </div>
    );
  }
  const feeds = watch.feeds.map((feed) => feed.feed).join(", ") || say(TEXTS, "noFeeds");
  return (
    <div class="alerts-none">
      <p>
        <strong>{say(TEXTS, "none", { feeds })}</strong> {say(TEXTS, "noStatement")}
      </p>
      <WatchText watch={watch} atUs={atUs} />
    </div>
  );
}

/** The same below a list that has rows, closed until somebody asks. */
export function WatchFold({ view, atUs }: { view: ScreenView; atUs: number }) {
  const { watch } = view.alerts;
  const slots = { watched: watch.watched, all: watch.aircraft };
  const known = isWatchKnown(view);
  return (
    <details class="alerts-fold">
      <summary>
        {say(TEXTS, "watchTitle")}
        {known && `: ${say(TEXTS, "watched", slots)}`}
      </summary>
      {known ? <WatchText watch={watch} atUs={atUs} /> : <p>{say(TEXTS, "pastWatch")}</p>}
    </details>
  );
}

function WatchText({ watch, atUs }: { watch: WatchView; atUs: number }) {
  const agoOf = (us: number): string => spanText((atUs - us) / US_PER_S);
  const evaluated =
    watch.evaluated_us > 0
      ? say(TEXTS, "evaluated", { span: agoOf(watch.evaluated_us) })
      : say(TEXTS, "neverEvaluated");
  const watched = say(TEXTS, "watched", { watched: watch.watched, all: watch.aircraft });
  return (
    <>
      <ul class="alerts-feeds">
        {watch.feeds.map((feed) => (
          <li key={feed.feed}>{feedText(feed, agoOf(feed.last_us))}</li>
        ))}
      </ul>
      <p>{listText([watched, evaluated])}</p>
      <p class="alerts-statuses">
        {Object.entries(watch.by_status).map(([word, count]) => (
          <span key={word}>
            {say(TEXTS, "counted", { count, word: wordOf(STATUS_WORDS, word) })}
          </span>
        ))}
      </p>
      <p class="alerts-notwatched">{say(TEXTS, "notWatched")}:</p>
      <ul>
        {watch.not_watched.map((text) => (
          <li key={text}>
            <NodeWords text={text} />
          </li>
        ))}
      </ul>
    </>
  );
}

function feedText(feed: FeedView, span: string): string {
  const told = say(TEXTS, "feedRow", { feed: feed.feed, span, reports: feed.reports });
  if (feed.refused === 0) return told;
  return partsText([told, say(TEXTS, "feedRefused", { count: feed.refused })]);
}
