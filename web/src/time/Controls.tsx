// The buttons of the bar: mode, steps, playing and its speed, a typed instant, the window, whose view.
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { parseInstant } from "../line/past";
import { isHeard } from "../live/clock";
import { Unseen } from "../look/kit";
import { nowUs } from "../look/tick";
import { countText, spanText } from "../look/units";
import { cursorUs, type Mode, mode } from "../shell/state";
import { say } from "../text/language";
import { Icon } from "./Icon";
import {
  goInto,
  goTo,
  lookAs,
  parties,
  play,
  playing,
  SPEEDS,
  type Speed,
  speed,
  step,
  viewer,
} from "./replay";
import { AHEAD_US, HOUR_US, MINUTE_US, SECOND_US, tickBeside } from "./slider";
import { TEXTS, type TextKey } from "./texts";
import { firstUs, timeline, widthUs } from "./timeline";
import { tickText } from "./words";

/** What was just stepped to, for readers by ear and eye. */
const said = signal("");

/** Goes to the tick before or after the handle. */
export function goToTick(way: 1 | -1): void {
  const tick = tickBeside(timeline.value?.ticks ?? [], cursorUs.value, way);
  if (tick === null) {
    said.value = say(TEXTS, "noTick");
    return;
  }
  said.value = tickText(tick);
  goTo(tick.at_us, { keep: "REPLAY" });
}

/** The buttons. */
export function Controls({ onSplit }: { onSplit: () => void }) {
  return (
    <div class="time-controls">
      <Modes />
      <Playing />
      <Jump />
      <label class="time-field">
        <span>{say(TEXTS, "width")}</span>
        <select
          value={widthUs.value}
          onChange={(event) => {
            widthUs.value = Number(event.currentTarget.value);
          }}
        >
          {[1, 6, 24].map((hours) => (
            <option key={hours} value={hours * HOUR_US}>
              {countText(hours, "h")}
            </option>
          ))}
          <option value={0}>{say(TEXTS, "widthAll")}</option>
        </select>
      </label>
      {mode.value === "REPLAY" && <Viewer />}
      <button
        type="button"
        class="time-split-button"
        aria-haspopup="dialog"
        title={`${say(TEXTS, "splitTold")} (s)`}
        onClick={onSplit}
      >
        {say(TEXTS, "split")}
      </button>
      <span class="time-said" role="status">
        {said.value}
      </span>
    </div>
  );
}

const MODES: readonly { mode: Mode; told: TextKey }[] = [
  { mode: "REPLAY", told: "replayTold" },
  { mode: "LIVE", told: "liveTold" },
  { mode: "PLAN", told: "planTold" },
];

function Modes() {
  return (
    <fieldset class="time-modes" dir="ltr">
      <legend class="unseen">{say(TEXTS, "modes")}</legend>
      {MODES.map(({ mode: each, told }) => (
        <button
          key={each}
          type="button"
          class="time-mode"
          data-mode={each}
          aria-pressed={mode.value === each && (each !== "LIVE" || isHeard.value)}
          title={say(TEXTS, told)}
          onClick={() => goInto(each)}
        >
          <bdi>{say(TEXTS, each)}</bdi>
        </button>
      ))}
    </fieldset>
  );
}

interface ButtonProps {
  name: string;
  title: string;
  sign: ComponentChildren;
  pressed?: boolean;
  onClick: () => void;
}

function Button({ name, title, sign, pressed, onClick }: ButtonProps) {
  return (
    <button
      type="button"
      class="time-button"
      data-name={name}
      title={title}
      {...(pressed === undefined ? {} : { "aria-pressed": pressed })}
      onClick={onClick}
    >
      <span aria-hidden="true">{sign}</span>
      <Unseen>{title}</Unseen>
    </button>
  );
}

function Playing() {
  const way = playing.value;
  const ten = spanText(10);
  return (
    <div class="time-playing" dir="ltr">
      <Button
        name="tick-back"
        sign={<Icon name="tick-back" />}
        title={`${say(TEXTS, "tickBack")} (<)`}
        onClick={() => goToTick(-1)}
      />
      <Button
        name="step-back"
        sign="−10"
        title={`${say(TEXTS, "stepBack", { span: ten })} ([)`}
        onClick={() => step(-10 * SECOND_US)}
      />
      <Button
        name="back"
        sign={<Icon name={way === -1 ? "pause" : "back"} />}
        pressed={way === -1}
        title={`${say(TEXTS, way === -1 ? "pause" : "back")} (b)`}
        onClick={() => play(-1)}
      />
      <Button
        name="forward"
        sign={<Icon name={way === 1 ? "pause" : "forward"} />}
        pressed={way === 1}
        title={`${say(TEXTS, way === 1 ? "pause" : "forward")} (␣)`}
        onClick={() => play(1)}
      />
      <Button
        name="step-on"
        sign="+10"
        title={`${say(TEXTS, "stepOn", { span: ten })} (])`}
        onClick={() => step(10 * SECOND_US)}
      />
      <Button
        name="tick-on"
        sign={<Icon name="tick-on" />}
        title={`${say(TEXTS, "tickOn")} (>)`}
        onClick={() => goToTick(1)}
      />
      <label class="time-field">
        <Unseen>{say(TEXTS, "speed")}</Unseen>
        <select
          class="time-speed"
          value={speed.value}
          onChange={(event) => {
            speed.value = Number(event.currentTarget.value) as Speed;
          }}
        >
          {SPEEDS.map((each) => (
            <option key={each} value={each}>
              ×{each}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

/** Returns the instant that is typed, ahead or behind; null where it is none. */
export function typedInstant(text: string, atUs: number): number | null {
  const ahead = /^in (\d{1,4}) ?(min|h)$/.exec(text.trim());
  if (ahead) return atUs + Number(ahead[1]) * (ahead[2] === "h" ? HOUR_US : MINUTE_US);
  return parseInstant(text, atUs);
}

function Jump() {
  const [text, setText] = useState("");
  const [fault, setFault] = useState<TextKey | null>(null);
  const go = (event: Event) => {
    event.preventDefault();
    const atUs = typedInstant(text, nowUs.value);
    if (atUs === null) {
      setFault("jumpWanted");
      return;
    }
    const first = firstUs.value ?? 0;
    if (atUs < first || atUs > nowUs.value + AHEAD_US) {
      setFault("outOfReach");
      return;
    }
    setFault(null);
    setText("");
    goTo(atUs);
    // From there the keys go on.
    document.querySelector<HTMLElement>(".time-slider")?.focus();
  };
  return (
    <form class="time-jump" onSubmit={go}>
      <label class="time-field">
        <span>{say(TEXTS, "jump")}</span>
        <input
          type="text"
          dir="ltr"
          size={14}
          spellcheck={false}
          placeholder="12:40Z"
          title={say(TEXTS, "jumpHint")}
          aria-invalid={fault !== null}
          aria-describedby="time-jump-fault"
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setFault(null);
          }}
        />
      </label>
      <span class="time-fault" id="time-jump-fault" role="alert">
        {fault === null ? "" : say(TEXTS, fault)}
      </span>
    </form>
  );
}

function Viewer() {
  const all = parties.value;
  const own = all[0] ?? "";
  return (
    <label class="time-field">
      <span>{say(TEXTS, "viewer")}</span>
      <select
        class="time-viewer"
        value={viewer.value === "" ? own : viewer.value}
        onChange={(event) => {
          const party = event.currentTarget.value;
          lookAs(party === own ? "" : party);
        }}
      >
        {all.map((party) => (
          <option key={party} value={party}>
            {party}
          </option>
        ))}
      </select>
    </label>
  );
}
