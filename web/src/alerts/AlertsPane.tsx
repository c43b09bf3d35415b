// The alerts: what stands by time to loss, what it leaves time for, who has it; beneath, the chosen one
// ahead in time, and what the list rests on. Nothing here is a word to anybody that all is well.
import { effect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { AlertsView, AlertView, LinkShown, ScreenView } from "../api/types";
import { beatUs } from "../live/clock";
import { refreshSoon } from "../live/link";
import { clockText, instantText } from "../look/units";
import { bindKeys } from "../shell/keys";
import { liveScreen, mode, screen } from "../shell/state";
import { language, say } from "../text/language";
import { AlertDetails } from "./AlertDetails";
import { AlertList, step } from "./AlertList";
import "./alerts.css";
import { Below } from "./Below";
import { ChosenHead } from "./ChosenHead";
import { entered, select, shownOf } from "./choice";
import { aboutAlert, canCompose, composeAbout } from "./compose";
import { named } from "./identity";
import { MarkDialog } from "./MarkDialog";
import { askMark, lastMark, marking } from "./marking";
import { NodeWords } from "./NodeWords";
import { atUs, counts } from "./now";
import { type Rank, RowOrder } from "./order";
import { Plots } from "./Plots";
import { SoundButton } from "./SoundButton";
import { speakAlerts } from "./speak";
import { TEXTS } from "./texts";
import { countsOf, crosses, urgencyOf } from "./urgency";
import { EmptyList, WatchFold } from "./Watch";
import { classWord, listText, pairWord } from "./words";

type Rows = readonly (readonly [string, AlertView])[];

/** The pane. */
export function AlertsPane() {
  const view = screen.value;
  const rows = useRows(view);
  useKeys(rows);
  useEffect(askAtCrossings, []);
  useEffect(speakAlerts, []);
  return (
    <div class="alerts" data-mode={mode.value} data-lang={language.value}>
      <Head view={view} />
      {view === null ? (
        <p class="alerts-caution">{say(TEXTS, mode.value === "REPLAY" ? "asking" : "notLoaded")}</p>
      ) : (
        <Body view={view} rows={rows} />
      )}
      {marking.value !== null && (
        <MarkDialog of={marking.value} now={nowOf(rows, marking.value.alert)} />
      )}
    </div>
  );
}

/** Returns the alerts in the order of their rows: settled once for each view. */
function useRows(view: ScreenView | null): Rows {
  const order = useRef(new RowOrder());
  const before = useRef(mode.value);
  return useMemo(() => {
    if (before.current !== mode.value) order.current.forget();
    before.current = mode.value;
    if (view === null) return [];
    const alerts = named(view.alerts.alerts);
    const ranks = [...alerts].map(([id, alert]): Rank => {
      const { loss_us: lossUs, raised_us: raisedUs } = alert;
      return { id, lossUs, raisedUs, urgency: urgencyOf(alert.alert_class) };
    });
    return order.current.take(ranks, view.at_us).flatMap((id) => {
      const alert = alerts.get(id);
      return alert ? [[id, alert] as const] : [];
    });
  }, [view]);
}

function nowOf(rows: Rows, alert: AlertView): AlertView | null {
  const key = (each: AlertView): boolean =>
    each.key[0] === alert.key[0] && each.key[1] === alert.key[1];
  return rows.find(([, each]) => key(each))?.[1] ?? null;
}

/** What is shown below the list, and what the keys act on: always the same. */
function shownIn(rows: Rows): { alert: AlertView | null; gone: boolean } {
  const keyboard = rows.find(([id]) => id === entered.value)?.[1];
  return shownOf(
    rows.map(([, alert]) => alert),
    keyboard,
  );
}

function useKeys(rows: Rows): void {
  const now = useRef(rows);
  now.current = rows;
  useEffect(
    () =>
      bindKeys("alerts", [
        { key: "j", told: () => say(TEXTS, "keyNext"), does: () => step(now.current, 1) },
        { key: "k", told: () => say(TEXTS, "keyBack"), does: () => step(now.current, -1) },
        {
          key: "n",
          told: () => say(TEXTS, "keySeen"),
          does: () => askMark(shownIn(now.current).alert, "seen"),
        },
        {
          key: "c",
          told: () => say(TEXTS, "keyCalled"),
          does: () => askMark(shownIn(now.current).alert, "called"),
        },
        {
          key: "w",
          told: () => say(TEXTS, "keyWrite"),
          does: () => writeAbout(shownIn(now.current).alert),
        },
      ]),
    [],
  );
}

function writeAbout(alert: AlertView | null): void {
  const party = screen.value?.party ?? "";
  if (alert === null || mode.value === "REPLAY" || !canCompose(alert, party)) return;
  select(alert);
  composeAbout.value = aboutAlert(alert, party);
}

/** Asks for a view as soon as the time of an alert is that of another class, which the node words. */
function askAtCrossings(): () => void {
  let beforeUs = 0;
  return effect(() => {
    const nowUs = beatUs.value;
    const alerts = liveScreen.peek()?.alerts.alerts ?? [];
    const passed = alerts.some((each) => crosses(each.loss_us, each.chain_s, beforeUs, nowUs));
    if (beforeUs > 0 && passed) refreshSoon();
    beforeUs = nowUs;
  });
}

// ---- the head -----------------------------------------------------------------------------------

function Head({ view }: { view: ScreenView | null }) {
  const replay = mode.value === "REPLAY";
  return (
    <header class="alerts-head">
      <div class="alerts-counts">
        {/* An empty list says what it rests on, in its own place: a bare 0 reads as all-clear. */}
        {view !== null && view.alerts.total > 0 && <Counts alerts={view.alerts} />}
      </div>
      <SoundButton />
      {replay && view !== null && <PastLine view={view} />}
      {!replay && view !== null && !counts.value && (
        <p class="alerts-asof">{say(TEXTS, "asOf", { instant: instantText(atUs.value) })}</p>
      )}
    </header>
  );
}

function Counts({ alerts }: { alerts: AlertsView }) {
  const { actual, apart } = countsOf(alerts.by_class);
  const list = (all: readonly [string, number][]): string =>
    listText(all.map(([word, count]) => say(TEXTS, "counted", { count, word: classWord(word) })));
  return (
    <p>
      <strong>{say(TEXTS, "openCount", { count: alerts.total })}</strong>
      {actual.length > 0 && `: ${list(actual)}`}
      {apart.length > 0 && (
        <span class="alerts-apart">{`${say(TEXTS, "apart")} ${list(apart)}`}</span>
      )}
    </p>
  );
}

/** In REPLAY: whose knowledge of when, and what stands live meanwhile. */
function PastLine({ view }: { view: ScreenView }) {
  const live = liveScreen.value?.alerts ?? null;
  const short = live === null ? 0 : (live.by_class["short-term"] ?? 0);
  const slots = { party: view.viewer, instant: instantText(view.at_us) };
  return (
    <>
      <p class="alerts-asof">
        {say(TEXTS, "replay", slots)}
        {!view.certain && ` ${say(TEXTS, "uncertain", { party: view.viewer })}`}
      </p>
      {live !== null && (
        <p class={short > 0 ? "alerts-caution" : "alerts-quiet"}>
          {say(TEXTS, "meanwhile", { count: live.total, short })}
        </p>
      )}
    </>
  );
}

// ---- the body -----------------------------------------------------------------------------------

function Body({ view, rows }: { view: ScreenView; rows: Rows }) {
  const { alerts } = view;
  const nowUs = atUs.value;
  return (
    <>
      {alerts.crowds.map((text) => (
        <p key={text} class="alerts-crowd">
          <strong>{say(TEXTS, "crowd")}: </strong>
          <NodeWords text={text} />
        </p>
      ))}
      {alerts.left_out > 0 && (
        <p class="alerts-caution">{say(TEXTS, "leftOut", { count: alerts.left_out })}</p>
      )}
      {rows.length > 0 ? (
        <AlertList rows={rows} atUs={nowUs} counts={counts.value} links={linksOf(view)} />
      ) : (
        alerts.total === 0 && <EmptyList view={view} atUs={nowUs} />
      )}
      <div class="alerts-lower">
        <Lower view={view} rows={rows} />
      </div>
    </>
  );
}

/** What scrolls below the list: the chosen alert ahead in time, and what the list rests on. */
function Lower({ view, rows }: { view: ScreenView; rows: Rows }) {
  const { alerts } = view;
  const nowUs = atUs.value;
  const shown = shownIn(rows);
  return (
    <>
      <LastMark />
      {shown.gone && rows.length > 0 && <Gone first={rows[0]?.[1]} />}
      {shown.alert !== null && (
        <section class="alerts-chosen" aria-label={say(TEXTS, "chosen")}>
          <ChosenHead alert={shown.alert} onWrite={writeAbout} />
          <Plots alert={shown.alert} atUs={nowUs} />
          <AlertDetails alert={shown.alert} view={{ ...alerts, links: linksOf(view) }} />
        </section>
      )}
      <Below view={view} />
      {rows.length > 0 && <WatchFold view={view} atUs={nowUs} />}
    </>
  );
}

/** Links are not folded for the past: nothing is said of them there. */
function linksOf(view: ScreenView): LinkShown[] {
  return view.past ? [] : view.alerts.links;
}

function Gone({ first }: { first: AlertView | undefined }) {
  return (
    <p class="alerts-caution">
      {say(TEXTS, "gone")}{" "}
      {first && (
        <button type="button" class="alerts-button" onClick={() => select(first)}>
          {say(TEXTS, "showFirst")}
        </button>
      )}
    </p>
  );
}

/** What came of the last mark; it goes when the next one is made. */
function LastMark() {
  const last = lastMark.value;
  if (last === null || mode.value === "REPLAY") return null;
  const word = say(TEXTS, last.stage === "seen" ? "seen" : "called");
  const slots = { word, aircraft: pairWord(last.alert.aircraft), clock: clockText(last.atUs) };
  return (
    <p class="alerts-quiet" role="status">
      {last.stood ? say(TEXTS, "stoodAlready") : say(TEXTS, "marked", slots)}
    </p>
  );
}
