// The slider itself: time from left to right in every language, absolute UTC labels, what was
// recorded, what happened as ticks by shape, and the handle.
import { useEffect, useRef, useState } from "preact/hooks";
import { isHeard } from "../live/clock";
import { nowUs } from "../look/tick";
import { clockText, dayText, instantText } from "../look/units";
import { cursorUs, liveScreen, mode } from "../shell/state";
import { say } from "../text/language";
import { type Clash, clashesOf } from "./plan";
import { goTo, play, playing, step } from "./replay";
import {
  clamped,
  DAY_US,
  gapsOf,
  instantAt,
  LANES,
  labelsOf,
  type Mark,
  MINUTE_US,
  marksOf,
  partOf,
  SECOND_US,
  type Window,
} from "./slider";
import { TickShape } from "./TickShape";
import { TEXTS } from "./texts";
import { firstUs, shownWindow, timeline } from "./timeline";
import { tickText } from "./words";

const LABEL_PX = 92;
const APART_PX = 13;
const TOLD_MAX = 6;
const LANE_PX = 14;
const TOP_PX = 4;

/** Turns a part of the window into a place. */
function percent(part: number): string {
  return `${(Math.min(1, Math.max(0, part)) * 100).toFixed(3)}%`;
}

function useWidthPx(place: { current: HTMLElement | null }): number {
  const [widthPx, setWidthPx] = useState(1000);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const watcher = new ResizeObserver((all) => {
      const box = all[0]?.contentRect;
      if (box) setWidthPx(Math.max(200, Math.round(box.width)));
    });
    watcher.observe(element);
    return () => watcher.disconnect();
  }, []);
  return widthPx;
}

/** The slider. */
export function Slider() {
  const place = useRef<HTMLDivElement>(null);
  const widthPx = useWidthPx(place);
  const window = shownWindow.value;
  const at = partOf(cursorUs.value, window);
  const firstPart = firstUs.value === null ? null : partOf(firstUs.value, window);
  return (
    <div
      class="time-slider"
      dir="ltr"
      ref={place}
      role="slider"
      tabIndex={0}
      aria-label={say(TEXTS, "slider")}
      aria-valuemin={Math.round(window.fromUs / SECOND_US)}
      aria-valuemax={Math.round(window.toUs / SECOND_US)}
      aria-valuenow={Math.round(cursorUs.value / SECOND_US)}
      aria-valuetext={instantText(cursorUs.value)}
      data-cursor-us={cursorUs.value}
      onKeyDown={(event) => moveByKey(event)}
      {...dragging(place)}
    >
      <Recording window={window} />
      {firstPart !== null && firstPart > 0 && (
        <div class="time-before" style={{ width: percent(firstPart) }} />
      )}
      <Clashes window={window} />
      <Labels window={window} widthPx={widthPx} />
      <Ticks window={window} widthPx={widthPx} />
      <span class="time-day" aria-hidden="true">
        {dayText(window.fromUs)}
      </span>
      <NowMark window={window} />
      <div class="time-handle" data-out={at < 0 || at > 1} style={{ left: percent(at) }}>
        <span class="time-grip" />
      </div>
    </div>
  );
}

function moveByKey(event: KeyboardEvent): void {
  const much = event.shiftKey ? MINUTE_US : 10 * SECOND_US;
  const moves: Record<string, () => void> = {
    ArrowLeft: () => step(-much),
    ArrowDown: () => step(-much),
    ArrowRight: () => step(much),
    ArrowUp: () => step(much),
    PageDown: () => step(-10 * MINUTE_US),
    PageUp: () => step(10 * MINUTE_US),
    Home: () => goTo(shownWindow.value.fromUs),
    End: () => goTo(mode.value === "PLAN" ? shownWindow.value.toUs : nowUs.value),
  };
  const move = moves[event.key];
  if (!move || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  event.stopPropagation();
  move();
}

function dragging(place: { current: HTMLDivElement | null }) {
  const instantOf = (event: PointerEvent): number => {
    const box = place.current?.getBoundingClientRect() ?? new DOMRect(0, 0, 1, 1);
    // The pointer's place is one from the left in every language: the axis is never mirrored.
    const part = (event.clientX - box.left) / Math.max(1, box.width);
    const atUs = instantAt(Math.min(1, Math.max(0, part)), shownWindow.value);
    return clamped(atUs, nowUs.value, firstUs.value);
  };
  let was: 1 | -1 | 0 = 0;
  return {
    onPointerDown: (event: PointerEvent) => {
      if (event.button !== 0) return;
      place.current?.setPointerCapture(event.pointerId);
      place.current?.focus();
      was = playing.value;
      if (was !== 0) play(was);
      goTo(instantOf(event), { keep: mode.value === "PLAN" ? "PLAN" : "REPLAY" });
    },
    onPointerMove: (event: PointerEvent) => {
      if (!place.current?.hasPointerCapture(event.pointerId)) return;
      goTo(instantOf(event), { keep: mode.value === "PLAN" ? "PLAN" : "REPLAY" });
    },
    onPointerUp: (event: PointerEvent) => {
      if (!place.current?.hasPointerCapture(event.pointerId)) return;
      place.current.releasePointerCapture(event.pointerId);
      goTo(instantOf(event));
    },
  };
}

// ---- what lies on it --------------------------------------------------------------------------

function Recording({ window }: { window: Window }) {
  const told = timeline.value;
  // Beyond the window that was told nothing is known: it is drawn as neither.
  if (told === null) return null;
  const within = {
    fromUs: Math.max(window.fromUs, told.from_us, firstUs.value ?? 0),
    toUs: Math.min(window.toUs, told.to_us, told.now_us),
  };
  if (within.toUs <= within.fromUs) return null;
  return (
    <>
      {gapsOf(told.spans, within, told.now_us).map((gap) => (
        <div
          key={gap.fromUs}
          class="time-gap"
          title={say(TEXTS, "noRecordingBetween", {
            from: clockText(gap.fromUs),
            to: clockText(gap.toUs),
          })}
          style={{
            left: percent(partOf(gap.fromUs, window)),
            width: percent(partOf(gap.toUs, window) - Math.max(0, partOf(gap.fromUs, window))),
          }}
        />
      ))}
    </>
  );
}

function Clashes({ window }: { window: Window }) {
  if (mode.value !== "PLAN") return null;
  const all = clashesOf(liveScreen.value?.conflicts ?? []);
  return (
    <>
      {all.map((each) => (
        <ClashSpan key={`${each.text}|${each.fromUs}|${each.toUs}`} clash={each} window={window} />
      ))}
    </>
  );
}

function ClashSpan({ clash, window }: { clash: Clash; window: Window }) {
  const from = clash.fromUs === null ? 0 : partOf(clash.fromUs, window);
  const to = clash.toUs === null ? 1 : partOf(clash.toUs, window);
  if (to <= 0 || from >= 1) return null;
  const start = Math.max(0, from);
  return (
    <div
      class="time-clash"
      data-sure={clash.sure}
      title={clash.sure ? clash.text : `${say(TEXTS, "maybe")}: ${clash.text}`}
      style={{ left: percent(start), width: percent(Math.min(1, to) - start) }}
    />
  );
}

function Labels({ window, widthPx }: { window: Window; widthPx: number }) {
  const all = labelsOf(window, Math.max(2, Math.floor(widthPx / LABEL_PX)));
  return (
    <div class="time-labels" aria-hidden="true">
      {all.map((atUs) => {
        const isDay = atUs % DAY_US === 0;
        const part = partOf(atUs, window);
        if (part > 0.97) return null;
        return (
          <span key={atUs} class="time-label" data-day={isDay} style={{ left: percent(part) }}>
            {isDay ? dayText(atUs) : clockText(atUs)}
          </span>
        );
      })}
    </div>
  );
}

function Ticks({ window, widthPx }: { window: Window; widthPx: number }) {
  const ticks = timeline.value?.ticks ?? [];
  const marks = marksOf(ticks, window, APART_PX / widthPx);
  const high = TOP_PX + LANES.length * LANE_PX;
  return (
    <svg
      class="time-ticks"
      width={widthPx}
      height={high}
      viewBox={`0 0 ${widthPx} ${high}`}
      aria-hidden="true"
    >
      {marks.map((mark) => (
        <MarkShape key={`${mark.lane}|${mark.tick.at_us}|${mark.at}`} mark={mark} width={widthPx} />
      ))}
    </svg>
  );
}

function MarkShape({ mark, width }: { mark: Mark; width: number }) {
  const row = LANES.indexOf(mark.lane);
  const told = mark.ticks.slice(0, TOLD_MAX).map(tickText);
  const rest = mark.ticks.length - told.length;
  if (rest > 0) told.push(say(TEXTS, "more", { count: rest }));
  return (
    <g
      class="time-mark"
      data-lane={mark.lane}
      data-kind={mark.tick.kind}
      data-word={mark.tick.word}
      transform={`translate(${(mark.at * width).toFixed(1)} ${TOP_PX + row * LANE_PX + LANE_PX / 2})`}
    >
      <title>{told.join("\n")}</title>
      <TickShape tick={mark.tick} />
      {mark.ticks.length > 1 && (
        <text class="time-count" x="6" y="3.5">
          {mark.ticks.length}
        </text>
      )}
    </g>
  );
}

function NowMark({ window }: { window: Window }) {
  const part = partOf(nowUs.value, window);
  if (part < 0 || part > 1) return null;
  return (
    <>
      <div class="time-ahead" style={{ left: percent(part) }} />
      <div class="time-now" style={{ left: percent(part) }}>
        {/* A node that is not heard has no now. */}
        {isHeard.value && <span>{say(TEXTS, "stampLive")}</span>}
      </div>
    </>
  );
}
