// The one screen: line bar on top, map at the start, alerts and messages beside it, time below. On
// a narrow window the three panes are tabs of one column; the banner and the lines are always there.
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { AlertsPane } from "../alerts/AlertsPane";
import { HotlinePane } from "../hotline/HotlinePane";
import { LineBar } from "../line/LineBar";
import { isHeard } from "../live/clock";
import { watchWaking } from "../live/wake";
import { pressing, Tabs } from "../look/kit";
import { SettingsBar } from "../look/SettingsBar";
import { alertsPart, sideWidthPx } from "../look/settings";
import { startTicking } from "../look/tick";
import { MapPane } from "../map/MapPane";
import { SignInPane } from "../sign/SignInPane";
import { direction, say } from "../text/language";
import { TimeBar } from "../time/TimeBar";
import { ZoneCard } from "../zone/ZoneCard";
import { oldFrame, oldView, watchAges } from "./ages";
import { followTitle, waiting } from "./heading";
import { isHelpOpen, KeyHelp } from "./KeyHelp";
import { bindKeys, takeKey } from "./keys";
import { Pressing } from "./Pressing";
import { Splitter } from "./Splitter";
import { PaneAge, StaleBanner } from "./StaleBanner";
import { mode, session } from "./state";
import { TEXTS } from "./texts";

type PaneId = "map" | "alerts" | "messages";
const PANES: readonly PaneId[] = ["map", "alerts", "messages"];
/** Below this width the panes are tabs. */
const NARROW = "(max-width: 899px)";
const SIDE_MIN_PX = 320;
const MAP_MIN_PX = 380;
const ALERTS_PART_MIN = 0.15;

const isNarrow = signal(false);
const chosenPane = signal<PaneId>("map");

/** The width of the side where nobody moved it; screen.css has the same. */
function suitingSidePx(): number {
  return Math.min(Math.max(400, innerWidth * 0.28), 640);
}

function idOf(pane: PaneId | "time"): string {
  return `pane-${pane}`;
}

/** The whole screen. */
export function App() {
  useEffect(() => beginFrame(), []);
  return (
    <div
      class="screen"
      data-mode={mode.value}
      data-heard={isHeard.value}
      data-narrow={isNarrow.value}
    >
      <SkipLinks />
      <Top />
      <StaleBanner />
      {isNarrow.value && <PaneTabs />}
      <Middle />
      <footer class="bottom">
        <section class="time-bar" id={idOf("time")} tabIndex={-1} aria-label={say(TEXTS, "time")}>
          <h2 class="unseen">{say(TEXTS, "time")}</h2>
          <TimeBar />
        </section>
      </footer>
      <KeyHelp />
    </div>
  );
}

function beginFrame(): () => void {
  const query = matchMedia(NARROW);
  const narrow = () => {
    isNarrow.value = query.matches;
  };
  narrow();
  pressing.value = Pressing;
  query.addEventListener("change", narrow);
  addEventListener("keydown", takeKey);
  const ends = [startTicking(), watchWaking(), watchAges(), followTitle(), bindFrameKeys()];
  return () => {
    query.removeEventListener("change", narrow);
    removeEventListener("keydown", takeKey);
    for (const end of ends) end();
  };
}

function bindFrameKeys(): () => void {
  return bindKeys("frame", [
    {
      key: "?",
      told: () => say(TEXTS, "keyHelp"),
      does: () => {
        isHelpOpen.value = true;
      },
    },
    {
      key: ",",
      told: () => say(TEXTS, "keySettings"),
      does: () => {
        document.querySelector<HTMLElement>(".settings-button")?.click();
      },
    },
  ]);
}

function SkipLinks() {
  const paneText: Record<PaneId | "time", string> = {
    map: say(TEXTS, "map"),
    alerts: say(TEXTS, "alerts"),
    messages: say(TEXTS, "messages"),
    time: say(TEXTS, "time"),
  };
  return (
    <nav class="skip" aria-label={say(TEXTS, "skipTo")}>
      {([...PANES, "time"] as const).map((pane) => (
        <a
          key={pane}
          href={`#${idOf(pane)}`}
          onClick={(event) => {
            // The address stays as it is: it may be a place in time.
            event.preventDefault();
            if (pane !== "time") chosenPane.value = pane;
            requestAnimationFrame(() => document.getElementById(idOf(pane))?.focus());
          }}
        >
          {say(TEXTS, "skipTo")}: {paneText[pane]}
        </a>
      ))}
    </nav>
  );
}

function Top() {
  const who = session.value;
  return (
    <header class="top">
      <h1 class="brand" dir="ltr">
        Parley {who && <bdi dir="auto">{who.party}</bdi>}
      </h1>
      <nav class="line-bar" aria-label={say(TEXTS, "lines")}>
        <LineBar />
      </nav>
      <SettingsBar />
      <SignInPane />
    </header>
  );
}

function PaneTabs() {
  const { alerts, messages } = waiting.value;
  const counts: Record<PaneId, number> = { map: 0, alerts, messages };
  return (
    <Tabs
      label={say(TEXTS, "panes")}
      tabs={PANES.map((pane) => {
        const name = say(TEXTS, pane);
        const count = counts[pane];
        return { id: pane, label: count > 0 ? say(TEXTS, "counted", { name, count }) : name };
      })}
      chosen={chosenPane.value}
      onChoose={(pane) => {
        chosenPane.value = pane;
      }}
      panelId={idOf}
    />
  );
}

function Middle() {
  const place = useRef<HTMLElement>(null);
  const box = () => place.current?.getBoundingClientRect() ?? new DOMRect(0, 0, 1280, 720);
  const fromStart = direction.value === "rtl" ? 1 : -1;
  return (
    <main
      class="middle"
      ref={place}
      style={{
        ...(sideWidthPx.value === null ? {} : { "--side-width": `${sideWidthPx.value}px` }),
        "--alerts-fr": `${alertsPart.value}fr`,
        "--messages-fr": `${1 - alertsPart.value}fr`,
      }}
    >
      <Pane id="map" of={oldFrame.value ?? oldView.value}>
        <MapPane />
        <ZoneCard />
      </Pane>
      {!isNarrow.value && (
        <Splitter
          label={say(TEXTS, "sideSize")}
          controls="side"
          lies="vertical"
          value={sideWidthPx.value ?? suitingSidePx()}
          min={SIDE_MIN_PX}
          max={() => box().width - MAP_MIN_PX}
          forward={fromStart}
          sizeAt={(event) =>
            fromStart === 1 ? event.clientX - box().left : box().right - event.clientX
          }
          onSize={(size) => {
            sideWidthPx.value = Math.round(size);
          }}
        />
      )}
      <div class="side" id="side">
        <Pane id="alerts" of={oldView.value}>
          <AlertsPane />
        </Pane>
        {!isNarrow.value && (
          <Splitter
            label={say(TEXTS, "alertsSize")}
            controls={idOf("alerts")}
            lies="horizontal"
            value={alertsPart.value}
            min={ALERTS_PART_MIN}
            max={() => 1 - ALERTS_PART_MIN}
            forward={1}
            sizeAt={(event) => (event.clientY - box().top) / box().height}
            onSize={(size) => {
              alertsPart.value = Math.round(size * 1000) / 1000;
            }}
          />
        )}
        <Pane id="messages" of={oldView.value}>
          <HotlinePane />
        </Pane>
      </div>
    </main>
  );
}

function Pane({
  id,
  of,
  children,
}: {
  id: PaneId;
  of: Parameters<typeof PaneAge>[0]["old"];
  children: ComponentChildren;
}) {
  const narrow = isNarrow.value;
  const name = id === "messages" ? "hotline" : id;
  return (
    <section
      class={`pane ${name}-pane`}
      id={idOf(id)}
      tabIndex={-1}
      hidden={narrow && chosenPane.value !== id}
      data-old={of !== null}
      {...(narrow
        ? { role: "tabpanel", "aria-labelledby": `${idOf(id)}-tab` }
        : { "aria-label": say(TEXTS, id) })}
    >
      <h2 class="unseen">{say(TEXTS, id)}</h2>
      <PaneAge old={of} />
      {children}
    </section>
  );
}
