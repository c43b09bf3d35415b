// The shape of a tick: its kind by form, its urgency by weight. No two kinds alike without colour.
import type { Tick } from "../api/types";
import { rankOf } from "./slider";

/** A triangle warns, a square is declared, a disc is said; what ended or was answered is hollow. */
export function TickShape({ tick }: { tick: Tick }) {
  const strong = rankOf(tick) <= 1;
  const size = strong ? 6 : 4.5;
  switch (tick.kind) {
    case "alert":
      return <path class="time-shape" d={`M0 ${-size} L${size} ${size} H${-size} Z`} />;
    case "alert end":
      return <path class="time-shape time-hollow" d="M0 -4 L4.5 4 H-4.5 Z" />;
    case "message":
      return strong ? (
        <>
          <circle class="time-shape" r="5" />
          <circle class="time-shape time-hollow" r="6.5" />
        </>
      ) : (
        <circle class="time-shape" r="4" />
      );
    case "answer":
      return <circle class="time-shape time-hollow" r="3.5" />;
    case "glance":
      return <path class="time-shape" d={`M0 ${-size} L${size} 0 L0 ${size} L${-size} 0 Z`} />;
    case "line":
      return <rect class="time-shape" x={-size} y={-size} width={2 * size} height={2 * size} />;
    case "zone":
      return <rect class="time-shape time-hollow" x="-4" y="-4" width="8" height="8" />;
    case "link":
      return <path class="time-shape time-hollow" d="M-4 -4 L4 4 M4 -4 L-4 4" />;
    case "presence":
      return <path class="time-shape time-hollow" d="M0 -4 V4" />;
  }
}
