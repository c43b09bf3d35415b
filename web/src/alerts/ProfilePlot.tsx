// Altitude against time: both aircraft straight on, the vertical minimum around the first, a hatched
// box while both minima are lost. Two references are drawn apart by word and never compared.
import { clockText, heightText, levelText, spanText } from "../look/units";
import { say } from "../text/language";
import { type Limits, type Pair, type Passing, placeAt, sameReference } from "./ahead";
import { PlotFrame } from "./PlotFrame";
import { type Scale, scaleOf, valueTicks } from "./plotscale";
import type { Reported } from "./reported";
import { TEXTS } from "./texts";

const HEIGHT = 122;
const US_PER_S = 1_000_000;

export interface PlotProps {
  pair: Pair;
  limits: Limits;
  passes: Passing;
  reported: readonly [Reported | null, Reported | null];
  fromUs: number;
  minutes: number;
  width: number;
  cursorUs: number | null;
  sides: readonly [string, string];
}

/** The profile. */
export function ProfilePlot(props: PlotProps) {
  const { pair, limits, passes, fromUs, minutes, width, cursorUs } = props;
  const [low, high] = range(props);
  const scale = scaleOf(width, HEIGHT, [fromUs, minutes], [low, high]);
  const reference = sameReference(...pair) ? pair[0].altitude_reference : "";
  const marks = valueTicks(low, high, "height").map(
    (value) => [value, reference === "STD" ? levelShort(value) : heightText(value)] as const,
  );
  return (
    <PlotFrame scale={scale} label={labelOf(props)} marks={marks}>
      <g clip-path={`url(#alerts-clip-${HEIGHT})`}>
        {reference !== "" && <Band pair={pair} limits={limits} scale={scale} />}
        {reference !== "" && !limits.bothNeeded && (
          <LossBox pair={pair} passes={passes} scale={scale} />
        )}
        {pair.map((state, place) => (
          <line
            key={state.aircraft}
            class={`alerts-line alerts-line${place} alerts-${props.sides[place]}`}
            x1={scale.x(fromUs)}
            y1={scale.y(placeAt(state, fromUs).altitudeM)}
            x2={scale.x(scale.toUs)}
            y2={scale.y(placeAt(state, scale.toUs).altitudeM)}
          />
        ))}
        <Upright atUs={cursorUs} scale={scale} name="alerts-cursor" />
        <Upright atUs={passes.leastUs} scale={scale} name="alerts-cpa" />
        {pair.map((state) => (
          <Cross
            key={state.aircraft}
            x={scale.x(passes.leastUs)}
            y={scale.y(placeAt(state, passes.leastUs).altitudeM)}
          />
        ))}
        {props.reported.map((report, place) =>
          report !== null && report.reference === pair[place]?.altitude_reference ? (
            <circle
              key={pair[place]?.aircraft}
              class={`alerts-dot alerts-${props.sides[place]}`}
              cx={scale.x(fromUs)}
              cy={scale.y(report.altitudeM)}
              r="3.5"
            />
          ) : null,
        )}
      </g>
      <Callsigns pair={pair} scale={scale} />
    </PlotFrame>
  );
}

function levelShort(metres: number): string {
  return levelText(metres, "STD").replace(" STD", "");
}

/** Returns the least and the greatest altitude that are drawn, with the minimum around the first. */
function range({ pair, limits, fromUs, minutes, reported }: PlotProps): [number, number] {
  const toUs = fromUs + minutes * 60 * US_PER_S;
  const all = pair.flatMap((state) => [fromUs, toUs].map((us) => placeAt(state, us).altitudeM));
  const first = [fromUs, toUs].map((us) => placeAt(pair[0], us).altitudeM);
  const around = first.flatMap((m) => [m - limits.verticalM, m + limits.verticalM]);
  const now = reported.flatMap((each) => (each === null ? [] : [each.altitudeM]));
  const values = [...all, ...around, ...now];
  const low = Math.min(...values);
  const high = Math.max(...values);
  const pad = Math.max(50, (high - low) * 0.08);
  return [low - pad, high + pad];
}

function Band({ pair, limits, scale }: { pair: Pair; limits: Limits; scale: Scale }) {
  const ends = [scale.fromUs, scale.toUs].map((us) => ({
    x: scale.x(us),
    altitudeM: placeAt(pair[0], us).altitudeM,
  }));
  const above = ends.map((end) => `${end.x},${scale.y(end.altitudeM + limits.verticalM)}`);
  const below = ends.map((end) => `${end.x},${scale.y(end.altitudeM - limits.verticalM)}`);
  return <polygon class="alerts-band" points={[...above, ...below.reverse()].join(" ")} />;
}

/** While both minima are lost, between the two. */
function LossBox({ pair, passes, scale }: { pair: Pair; passes: Passing; scale: Scale }) {
  const span = lossSpan(passes, scale);
  if (span === null) return null;
  const levels = pair.flatMap((state) => span.map((us) => scale.y(placeAt(state, us).altitudeM)));
  const top = Math.min(...levels) - 6;
  return (
    <rect
      class="alerts-box"
      fill={`url(#alerts-hatch-${HEIGHT})`}
      x={scale.x(span[0])}
      y={top}
      width={Math.max(2, scale.x(span[1]) - scale.x(span[0]))}
      height={Math.max(...levels) + 6 - top}
    />
  );
}

/** Returns the part of the loss that is drawn; null: none. */
export function lossSpan(passes: Passing, scale: Scale): readonly [number, number] | null {
  if (passes.lossUs === null) return null;
  const fromUs = Math.max(passes.lossUs, scale.fromUs);
  const toUs = Math.min(passes.endUs ?? scale.toUs, scale.toUs);
  return fromUs < toUs ? [fromUs, toUs] : null;
}

interface UprightProps {
  atUs: number | null;
  scale: Scale;
  name: string;
}

/** An instant as an upright line, where it is drawn at all. */
export function Upright({ atUs, scale, name }: UprightProps) {
  if (atUs === null || atUs < scale.fromUs || atUs > scale.toUs) return null;
  const x = scale.x(atUs);
  const { top, height, bottom } = scale.box;
  return <line class={name} x1={x} x2={x} y1={top} y2={height - bottom} />;
}

/** The mark of the closest approach. */
export function Cross({ x, y }: { x: number; y: number }) {
  return <path class="alerts-cross" d={`M${x - 4} ${y - 4} l8 8 M${x + 4} ${y - 4} l-8 8`} />;
}

/** Both callsigns at the end of their lines: the upper one above, the lower one below. */
function Callsigns({ pair, scale }: { pair: Pair; scale: Scale }) {
  const { box } = scale;
  const ends = pair.map((state) => scale.y(placeAt(state, scale.toUs).altitudeM));
  const [first = 0, second = 0] = ends;
  return (
    <>
      {pair.map((state, place) => {
        const up = place === 0 ? first <= second : second < first;
        const y = (ends[place] ?? 0) + (up ? -5 : 13);
        const held = Math.min(Math.max(y, box.top + 10), box.height - box.bottom - 3);
        return (
          <text
            key={state.aircraft}
            class="alerts-callsign"
            x={box.width - box.right - 3}
            y={held}
            text-anchor="end"
          >
            {state.aircraft}
          </text>
        );
      })}
    </>
  );
}

function labelOf({ pair, limits, passes, fromUs, minutes }: PlotProps): string {
  const [one, two] = pair;
  const toUs = fromUs + minutes * 60 * US_PER_S;
  const goes = (state: (typeof pair)[number]): string =>
    say(TEXTS, "goes", {
      from: levelText(placeAt(state, fromUs).altitudeM, state.altitude_reference),
      to: levelText(placeAt(state, toUs).altitudeM, state.altitude_reference),
      span: spanText(minutes * 60),
    });
  const told = say(TEXTS, "profileAria", {
    first: one.aircraft,
    one: goes(one),
    second: two.aircraft,
    two: goes(two),
    height: heightText(limits.verticalM),
  });
  return `${told} ${closestWords(pair, passes)}`;
}

/** Returns how far apart in height they are at the closest, or that it is not compared. */
export function closestWords(pair: Pair, passes: Passing): string {
  const [one, two] = pair;
  if (passes.verticalThenM === null) {
    return say(TEXTS, "notCompared", {
      first: one.aircraft,
      one: one.altitude_reference,
      second: two.aircraft,
      two: two.altitude_reference,
    });
  }
  return say(TEXTS, "atClosest", {
    clock: clockText(passes.leastUs),
    height: heightText(passes.verticalThenM),
  });
}
