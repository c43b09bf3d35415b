// The map's tools, each with its key.
import { useEffect } from "preact/hooks";
import { wantsStill } from "../look/tokens";
import { bindKeys, type Key } from "../shell/keys";
import { selection, vectorMin } from "../shell/state";
import { say } from "../text/language";
import type { Labelling } from "./blocks";
import type { Board } from "./board";
import { following, hint, labelling, measured, trailsOn } from "./mapstate";
import { picking } from "./picking";
import { isAiming, stopAiming } from "./pointer";
import { TEXTS } from "./texts";

const LABELLINGS: readonly Labelling[] = ["all", "main", "alerts"];
const LABEL_TEXTS = { all: "labelsAll", main: "labelsMain", alerts: "labelsAlerts" } as const;
const VECTORS = [1, 2, 4, 0] as const;
const HINT_MS = 3000;

let hintTimer = 0;

function tell(text: string): void {
  hint.value = text;
  clearTimeout(hintTimer);
  hintTimer = setTimeout(() => {
    hint.value = "";
  }, HINT_MS) as unknown as number;
}

/** Begins to measure, or ends it. */
export function toggleMeasuring(board: Board): void {
  if (measured.peek() !== null) {
    stopAiming(board);
    return;
  }
  if (picking.peek() !== null) return;
  measured.value = [];
  board.map.getCanvas().focus();
}

function cycleLabels(): void {
  const next = LABELLINGS[(LABELLINGS.indexOf(labelling.peek()) + 1) % LABELLINGS.length] ?? "all";
  labelling.value = next;
  tell(say(TEXTS, LABEL_TEXTS[next]));
}

function cycleVectors(): void {
  const next = VECTORS[(VECTORS.indexOf(vectorMin.peek()) + 1) % VECTORS.length] ?? 1;
  vectorMin.value = next;
  tell(next === 0 ? say(TEXTS, "noVector") : say(TEXTS, "vector", { n: next }));
}

function toggleFollowing(board: Board): void {
  if (following.peek() !== null) {
    following.value = null;
    return;
  }
  const chosen = selection.peek();
  const place = chosen?.kind === "aircraft" ? board.placeOf(chosen.aircraft) : null;
  if (chosen?.kind !== "aircraft" || place === null) {
    tell(say(TEXTS, "followNone"));
    return;
  }
  following.value = chosen.aircraft;
  board.camera.centreOn(place);
}

function step(board: Board, by: 1 | -1): void {
  const all = board.inView();
  if (all.length === 0) return;
  const chosen = selection.peek();
  const at = chosen?.kind === "aircraft" ? all.indexOf(chosen.aircraft) : -1;
  const aircraft = at < 0 ? all[0] : all[(at + by + all.length) % all.length];
  if (aircraft !== undefined) selection.value = { kind: "aircraft", aircraft };
}

function zoom(board: Board, by: 1 | -1): void {
  board.camera.isChosen = true;
  board.map.zoomTo(board.map.getZoom() + by, { animate: !wantsStill.peek(), duration: 250 });
}

function toggleTrails(): void {
  trailsOn.value = !trailsOn.peek();
}

function keysOf(board: Board): Key[] {
  return [
    { key: "d", told: () => say(TEXTS, "measure"), does: () => toggleMeasuring(board) },
    { key: "f", told: () => say(TEXTS, "follow"), does: () => toggleFollowing(board) },
    { key: "l", told: () => say(TEXTS, "labels"), does: cycleLabels },
    { key: "+", told: () => say(TEXTS, "zoomIn"), does: () => zoom(board, 1) },
    { key: "-", told: () => say(TEXTS, "zoomOut"), does: () => zoom(board, -1) },
    { key: "0", told: () => say(TEXTS, "fit"), does: () => board.fitAll() },
    { key: "x", told: () => say(TEXTS, "next"), does: () => step(board, 1) },
    { key: "X", told: () => say(TEXTS, "previous"), does: () => step(board, -1) },
    { key: "T", told: () => say(TEXTS, "trails"), does: toggleTrails },
  ];
}

/** The tools. */
export function MapTools({ board }: { board: Board }) {
  useEffect(() => bindKeys("map", keysOf(board)), [board]);
  const aiming = measured.value !== null || picking.value !== null;
  useEffect(() => {
    board.map.getCanvas().style.cursor = aiming ? "crosshair" : "";
    if (!aiming) board.crosshair = null;
    return () => {
      if (isAiming()) return;
      board.map.getCanvas().style.cursor = "";
    };
  }, [aiming, board]);
  return (
    <div class="map-tools" role="toolbar" aria-label={say(TEXTS, "tools")}>
      <Tool name={say(TEXTS, "zoomIn")} icon="M3 8h10M8 3v10" does={() => zoom(board, 1)} />
      <Tool name={say(TEXTS, "zoomOut")} icon="M3 8h10" does={() => zoom(board, -1)} />
      <Tool
        name={`${say(TEXTS, "fit")} (0)`}
        icon="M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4"
        does={() => board.fitAll()}
      />
      <Tool
        name={`${say(TEXTS, "measure")} (d)`}
        icon="M1 8h14M4 5 1 8l3 3M12 5l3 3-3 3"
        on={measured.value !== null}
        does={() => toggleMeasuring(board)}
      />
      <Tool
        name={`${say(TEXTS, "follow")} (f)`}
        icon="M8 1v4M8 11v4M1 8h4M11 8h4M5.5 8a2.5 2.5 0 1 0 5 0 2.5 2.5 0 1 0-5 0"
        on={following.value !== null}
        does={() => toggleFollowing(board)}
      />
      <Tool
        name={`${say(TEXTS, LABEL_TEXTS[labelling.value])} (l)`}
        icon="M2 3h12M2 6.5h9M2 10h12M2 13.5h9"
        does={cycleLabels}
      />
      <Tool
        name={
          vectorMin.value === 0
            ? say(TEXTS, "noVector")
            : say(TEXTS, "vector", { n: vectorMin.value })
        }
        icon="M2 14 11 5M7 4h5v5"
        word={vectorMin.value === 0 ? "–" : `${vectorMin.value}`}
        does={cycleVectors}
      />
      <Tool
        name={`${say(TEXTS, "trails")} (T)`}
        icon="M2 13h2v1H2zM5 9.5h2v1H5zM8 6h2v1H8zM11 2h3v3h-3z"
        on={trailsOn.value}
        does={toggleTrails}
      />
    </div>
  );
}

interface ToolProps {
  name: string;
  /** The path of its picture, in a box of 16. */
  icon: string;
  word?: string;
  on?: boolean;
  does: () => void;
}

function Tool({ name, icon, word, on, does }: ToolProps) {
  return (
    <button
      type="button"
      class="map-tool"
      aria-label={name}
      title={name}
      {...(on === undefined ? {} : { "aria-pressed": on })}
      onClick={does}
    >
      <svg class="map-icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
        <path d={icon} />
      </svg>
      {word !== undefined && <span aria-hidden="true">{word}</span>}
    </button>
  );
}
