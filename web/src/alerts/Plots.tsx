// The two plots of one alert, with what they rest on and their numbers as tables.
import { useMemo } from "preact/hooks";
import type { AlertView, StateShown } from "../api/types";
import { clockText, distanceText, heightText, levelText, spanText } from "../look/units";
import { cursorUs, frame, mode, names, screen } from "../shell/state";
import { say } from "../text/language";
import { AHEAD_S, agrees, apartM, heightApartM, limitsOf, pairOf, passing, placeAt } from "./ahead";
import { newestForm } from "./identity";
import { PlotTable, useWidth } from "./PlotFrame";
import { closestWords, type PlotProps, ProfilePlot } from "./ProfilePlot";
import { spanMin } from "./plotscale";
import { reportedPair } from "./reported";
import { SeparationPlot } from "./SeparationPlot";
import { TEXTS } from "./texts";

const US_PER_S = 1_000_000;

/** Both plots, or why there are none. */
export function Plots({ alert, atUs }: { alert: AlertView; atUs: number }) {
  const pair = pairOf(alert);
  const limits = limitsOf(alert);
  if (pair === null || limits === null) {
    return <p class="alerts-quiet">{say(TEXTS, "noPair")}</p>;
  }
  return <PairPlots key={entryOf(alert)} alert={alert} atUs={atUs} />;
}

/** Which telling of which alert it is. */
function entryOf(alert: AlertView): string {
  return [...alert.key, ...newestForm(alert)].join(" ");
}

function PairPlots({ alert, atUs }: { alert: AlertView; atUs: number }) {
  const [place, width] = useWidth();
  const props = usePlot(alert, atUs, width);
  if (props === null) return null;
  const { pair, passes } = props;
  const toldUs = Math.max(...pair.map((state) => state.at_us));
  const ago = spanText((atUs - toldUs) / US_PER_S);
  const differs = agrees(alert, passes) === false;
  return (
    <div ref={place} class="alerts-plots">
      <h3>{say(TEXTS, "profile")}</h3>
      <ProfilePlot {...props} />
      {passes.verticalThenM === null && <p class="alerts-caution">{closestWords(pair, passes)}</p>}
      <ProfileTable {...props} />
      <h3>{say(TEXTS, "separation")}</h3>
      <SeparationPlot {...props} />
      {differs && alert.least_horizontal_mm !== null && alert.least_us !== null && (
        <p class="alerts-caution">
          {say(TEXTS, "sketch", {
            distance: distanceText(alert.least_horizontal_mm / 1000),
            clock: clockText(alert.least_us),
          })}
        </p>
      )}
      <DistanceTable {...props} />
      <p class="alerts-quiet">{say(TEXTS, "straightOn", { span: ago })}</p>
    </div>
  );
}

/** Returns all that is drawn; how they pass is worked out once for each telling of an alert. */
function usePlot(alert: AlertView, atUs: number, width: number): PlotProps | null {
  const entry = entryOf(alert);
  // An entry never changes: its key says all that this depends on.
  const found = useMemo(() => {
    const pair = pairOf(alert);
    const limits = limitsOf(alert);
    if (pair === null || limits === null) return null;
    const startUs = Math.max(pair[0].at_us, pair[1].at_us);
    const passes = passing(pair, limits, startUs, startUs + AHEAD_S * US_PER_S);
    return { pair, limits, passes };
  }, [entry]);
  if (found === null) return null;
  const { passes } = found;
  const planned = mode.value === "PLAN" ? cursorUs.value : null;
  const endUs = passes.lossUs === null ? null : (passes.endUs ?? passes.lossUs);
  return {
    ...found,
    reported: reportedPair(found.pair, frame.value, names.value),
    fromUs: atUs,
    minutes: spanMin(atUs, planned === null ? endUs : null),
    width,
    cursorUs: planned,
    sides: [sideOf(found.pair[0]), sideOf(found.pair[1])],
  };
}

function sideOf(state: StateShown): string {
  if (state.party === null || state.party === "") return "third";
  return state.party === screen.value?.party ? "own" : "other";
}

/** The instants of a table: each whole step of the time shown, and the closest between them. */
function instants({ fromUs, minutes, passes }: PlotProps): number[] {
  const stepUs = (minutes <= 5 ? 0.5 : minutes / 10) * 60 * US_PER_S;
  const toUs = fromUs + minutes * 60 * US_PER_S;
  const all = Array.from({ length: 11 }, (_, n) => fromUs + n * stepUs);
  if (passes.leastUs > fromUs && passes.leastUs < toUs) all.push(passes.leastUs);
  return all.sort((one, two) => one - two);
}

function ProfileTable(props: PlotProps) {
  const [one, two] = props.pair;
  const levelAt = (state: StateShown, us: number): string =>
    levelText(placeAt(state, us).altitudeM, state.altitude_reference);
  const heads = [say(TEXTS, "time"), one.aircraft, two.aircraft, say(TEXTS, "heightApart")];
  const rows = instants(props).map((us) => {
    const apart = heightApartM(one, two, us);
    const told = apart === null ? say(TEXTS, "notKnown") : heightText(apart);
    return [timeText(us, props), levelAt(one, us), levelAt(two, us), told];
  });
  return <PlotTable heads={heads} rows={rows} />;
}

function DistanceTable(props: PlotProps) {
  const [one, two] = props.pair;
  const rows = instants(props).map((us) => [
    timeText(us, props),
    distanceText(apartM(one, two, us)),
  ]);
  return <PlotTable heads={[say(TEXTS, "time"), say(TEXTS, "apartHead")]} rows={rows} />;
}

function timeText(us: number, { passes }: PlotProps): string {
  return us === passes.leastUs ? `${clockText(us)} ${say(TEXTS, "cpa")}` : clockText(us);
}
