// The one screen: line bar on top, map at the start, alerts and messages beside it, time below.
import { useEffect } from "preact/hooks";
import { AlertsPane } from "../alerts/AlertsPane";
import { HotlinePane } from "../hotline/HotlinePane";
import { LineBar } from "../line/LineBar";
import { isHeard } from "../live/clock";
import { SettingsBar } from "../look/SettingsBar";
import { MapPane } from "../map/MapPane";
import { SignInPane } from "../sign/SignInPane";
import { say } from "../text/language";
import { TimeBar } from "../time/TimeBar";
import { takeKey } from "./keys";
import { StaleBanner } from "./StaleBanner";
import { mode } from "./state";
import { TEXTS } from "./texts";

/** The whole screen. */
export function App() {
  useEffect(() => {
    addEventListener("keydown", takeKey);
    return () => removeEventListener("keydown", takeKey);
  }, []);
  return (
    <div class="screen" data-mode={mode.value} data-heard={isHeard.value}>
      <header class="top">
        <h1 class="brand">Parley</h1>
        <nav class="line-bar" aria-label={say(TEXTS, "lines")}>
          <LineBar />
        </nav>
        <SettingsBar />
        <SignInPane />
      </header>
      <StaleBanner />
      <main class="middle">
        <section class="pane map-pane" aria-label={say(TEXTS, "map")}>
          <MapPane />
        </section>
        <div class="side">
          <section class="pane alerts-pane" aria-label={say(TEXTS, "alerts")}>
            <AlertsPane />
          </section>
          <section class="pane hotline-pane" aria-label={say(TEXTS, "messages")}>
            <HotlinePane />
          </section>
        </div>
      </main>
      <footer class="bottom">
        <section class="time-bar" aria-label={say(TEXTS, "time")}>
          <TimeBar />
        </section>
      </footer>
    </div>
  );
}
