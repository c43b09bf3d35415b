// Horizontal distance against time: the minimum as a line, the loss shaded, the closest marked with
// its distance and its time. Far distances leave the plot at its top: what matters is near the line.
import { clockText, distanceText } from "../look/units";
import { say } from "../text/language";
import { apartM, groundDistanceM } from "./ahead";
import { PlotFrame } from "./PlotFrame";
import { Cross, closestWords, lossSpan, type PlotProps, Upright } from "./ProfilePlot";
import { type Scale, scaleOf, valueTicks } from "./plotscale";
import { broughtTo } from "./reported";
import { TEXTS } from "./texts";

const HEIGHT = 132;
const SAMPLES = 120;
/** The plot reaches up to so many times the minimum, and no less than twice. */
const MINIMA_MAX = 5;
const MINIMA_LEAST = 2;

/** The plot of distance. */
export function SeparationPlot(props: PlotProps) {
  const { pair, limits, passes, fromUs, minutes, width, cursorUs } = props;
  const stepUs = (minutes * 60_000_000) / SAMPLES;
  const samples = Array.from({ length: SAMPLES + 1 }, (_, n) => {
    const us = fromUs + n * stepUs;
    return [us, apartM(pair[0], pair[1], us)] as const;
  });
  const farM = Math.max(...samples.map(([, metres]) => metres), passes.leastM * 1.3);
  const highM = Math.min(
    Math.max(farM, limits.horizontalM * MINIMA_LEAST),
    Math.max(limits.horizontalM * MINIMA_MAX, passes.leastM * 1.6),
  );
  const scale = scaleOf(width, HEIGHT, [fromUs, minutes], [0, highM]);
  const marks = valueTicks(0, highM, "distance").map(
    (value) => [value, value === 0 ? "0" : distanceText(value)] as const,
  );
  const line = samples.map(([us, metres]) => `${scale.x(us)},${scale.y(metres)}`).join(" ");
  return (
    <PlotFrame scale={scale} label={labelOf(props)} marks={marks}>
      <g clip-path={`url(#alerts-clip-${HEIGHT})`}>
        <Loss {...props} scale={scale} />
        <line
          class="alerts-minimum"
          x1={scale.x(fromUs)}
          x2={scale.x(scale.toUs)}
          y1={scale.y(limits.horizontalM)}
          y2={scale.y(limits.horizontalM)}
        />
        <polyline class="alerts-line alerts-distance" points={line} />
        <Upright atUs={cursorUs} scale={scale} name="alerts-cursor" />
        <Cross x={scale.x(passes.leastUs)} y={scale.y(passes.leastM)} />
        <Now {...props} scale={scale} />
      </g>
      <text
        class="alerts-callsign"
        x={scale.box.width - scale.box.right - 3}
        y={scale.y(limits.horizontalM) - 4}
        text-anchor="end"
      >
        {distanceText(limits.horizontalM)}
      </text>
      <Closest {...props} scale={scale} />
    </PlotFrame>
  );
}

function Loss({ passes, scale }: PlotProps & { scale: Scale }) {
  const span = lossSpan(passes, scale);
  if (span === null) return null;
  const { top, height, bottom } = scale.box;
  return (
    <rect
      class="alerts-box"
      fill={`url(#alerts-hatch-${HEIGHT})`}
      x={scale.x(span[0])}
      y={top}
      width={Math.max(2, scale.x(span[1]) - scale.x(span[0]))}
      height={height - bottom - top}
    />
  );
}

/** How far apart the two are reported to be now; nothing where one of them is not. */
function Now({ pair, reported, fromUs, scale }: PlotProps & { scale: Scale }) {
  const [one, two] = reported;
  if (one === null || two === null) return null;
  const metres = groundDistanceM(broughtTo(one, pair[0], fromUs), broughtTo(two, pair[1], fromUs));
  return <circle class="alerts-dot" cx={scale.x(fromUs)} cy={scale.y(metres)} r="3.5" />;
}

/** The closest with its distance and time, on the side of the mark where there is room. */
function Closest({ passes, scale }: PlotProps & { scale: Scale }) {
  if (passes.leastUs < scale.fromUs || passes.leastUs > scale.toUs) return null;
  const x = scale.x(passes.leastUs);
  const { box } = scale;
  const span = lossSpan(passes, scale);
  // Beside the hatching, not in it.
  const after = Math.max(x + 8, span === null ? 0 : scale.x(span[1]) + 5);
  const room = box.width - box.right - after > 120;
  const before = Math.min(x - 8, span === null ? x : scale.x(span[0]) - 5);
  const y = Math.max(scale.y(passes.leastM) - 8, box.top + 12);
  return (
    <text
      class="alerts-callsign"
      x={room ? after : before}
      y={y}
      text-anchor={room ? "start" : "end"}
    >
      {`${distanceText(passes.leastM)}  ${clockText(passes.leastUs)}`}
    </text>
  );
}

function labelOf({ pair, limits, passes }: PlotProps): string {
  const told = say(TEXTS, "separationAria", {
    minimum: distanceText(limits.horizontalM),
    distance: distanceText(passes.leastM),
    clock: clockText(passes.leastUs),
  });
  return `${told} ${lossWords(passes.lossUs, passes.endUs)} ${closestWords(pair, passes)}`;
}

function lossWords(lossUs: number | null, endUs: number | null): string {
  if (lossUs === null) return say(TEXTS, "noLossAria");
  return say(TEXTS, "lossAria", {
    from: clockText(lossUs),
    to: endUs === null ? say(TEXTS, "beyond") : clockText(endUs),
  });
}
