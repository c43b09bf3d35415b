// What both plots have: axes, a hatching, how wide they are, and their numbers as a table.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { bare, clockText } from "../look/units";
import { say } from "../text/language";
import { minuteTicks, type Scale } from "./plotscale";
import { TEXTS } from "./texts";

const US_PER_MIN = 60_000_000;
const WIDTH_AT_FIRST = 360;

/** Returns a place to measure and how wide it is, so that texts keep their size. */
export function useWidth() {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(WIDTH_AT_FIRST);
  useEffect(() => {
    const measured = place.current;
    if (!measured) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setWidth(Math.max(220, Math.round(entry.contentRect.width)));
    });
    observer.observe(measured);
    return () => observer.disconnect();
  }, []);
  return [place, width] as const;
}

interface FrameProps {
  scale: Scale;
  label: string;
  /** Marks of the axis of values, with their texts. */
  marks: readonly (readonly [number, string])[];
  children: ComponentChildren;
}

/** A plot with its axes; its label says its numbers. */
export function PlotFrame({ scale, label, marks, children }: FrameProps) {
  const { box, fromUs, toUs } = scale;
  const minutes = minuteTicks((toUs - fromUs) / US_PER_MIN);
  const last = minutes[minutes.length - 1];
  const foot = box.height - box.bottom;
  return (
    <svg
      class="alerts-plot"
      role="img"
      aria-label={label}
      width={box.width}
      height={box.height}
      viewBox={`0 0 ${box.width} ${box.height}`}
    >
      <defs>
        <pattern
          id={`alerts-hatch-${box.height}`}
          width="6"
          height="6"
          patternUnits="userSpaceOnUse"
        >
          <path d="M0 6 L6 0 M-1 1 L1 -1 M5 7 L7 5" class="alerts-hatchline" />
        </pattern>
        <clipPath id={`alerts-clip-${box.height}`}>
          <rect
            x={box.left - 5}
            y={box.top}
            width={box.width - box.left - box.right + 5}
            height={foot - box.top}
          />
        </clipPath>
      </defs>
      {marks.map(([value, text]) => (
        <g key={value}>
          <line
            class="alerts-grid"
            x1={box.left}
            x2={box.width - box.right}
            y1={scale.y(value)}
            y2={scale.y(value)}
          />
          <text x={box.left - 4} y={scale.y(value) + 3.5} text-anchor="end">
            {text}
          </text>
        </g>
      ))}
      {minutes.map((minute) => (
        <text
          key={minute}
          x={scale.x(fromUs + minute * US_PER_MIN)}
          y={box.height - 4}
          text-anchor={minute === last ? "end" : "middle"}
        >
          {minute === 0
            ? bare(clockText(fromUs)).slice(0, 5)
            : `+${minute}${minute === last ? " min" : ""}`}
        </text>
      ))}
      <path
        class="alerts-axis"
        d={`M${box.left} ${box.top} V${foot} H${box.width - box.right}`}
        fill="none"
      />
      {children}
    </svg>
  );
}

interface TableProps {
  heads: readonly string[];
  rows: readonly (readonly string[])[];
}

/** The numbers of a plot as a table, for whoever cannot see it. */
export function PlotTable({ heads, rows }: TableProps) {
  return (
    <details class="alerts-fold alerts-plottable">
      <summary>{say(TEXTS, "asTable")}</summary>
      <table>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([first = "", ...rest]) => (
            <tr key={first}>
              <th scope="row">
                <bdi dir="ltr">{first}</bdi>
              </th>
              {rest.map((text, place) => (
                <td key={heads[place + 1]}>
                  <bdi dir="ltr">{text}</bdi>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
