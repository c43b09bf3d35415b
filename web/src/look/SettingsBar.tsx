// Clock, language and units at hand; the rest behind one button.
import { useId } from "preact/hooks";
import { soundAllowed, soundOn } from "../alerts/sound";
import { isHelpOpen } from "../shell/KeyHelp";
import { keysOn, type Theme, theme, type Units, units, vectorMin } from "../shell/state";
import type { LanguageCode } from "../terms/kinds";
import { LANGUAGES, language, OWN_NAMES, say } from "../text/language";
import { Field, Unseen } from "./kit";
import { ScreenClock } from "./ScreenClock";
import { chooseLanguage, UNITS, VECTORS_MIN } from "./settings";
import { TEXTS } from "./texts";
import { countText } from "./units";

const PANEL = "settings-panel";
const THEMES: readonly Theme[] = ["dark", "light", "system"];

/** The part of the header that is the reader's own. */
export function SettingsBar() {
  return (
    <div class="settings">
      <ScreenClock />
      <LanguagePicker />
      <UnitsPicker />
      <button type="button" class="settings-button" popoverTarget={PANEL}>
        <Gear />
        <Unseen>{say(TEXTS, "settings")}</Unseen>
      </button>
      <SettingsPanel />
    </div>
  );
}

/** Drawn, not written: no font of this console has the sign, and a machine may have no other. */
function Gear() {
  return (
    <svg class="settings-gear" viewBox="-10 -10 20 20" aria-hidden="true" focusable="false">
      <circle r="5" />
      {[0, 45, 90, 135, 180, 225, 270, 315].map((turn) => (
        <path key={turn} d="M0-5V-9" transform={`rotate(${turn})`} />
      ))}
    </svg>
  );
}

function LanguagePicker() {
  const id = useId();
  return (
    <span class="settings-quick">
      <label class="unseen" for={id}>
        {say(TEXTS, "language")}
      </label>
      <select
        id={id}
        value={language.value}
        onChange={(event) => chooseLanguage(event.currentTarget.value as LanguageCode)}
      >
        {LANGUAGES.map((code) => (
          <option key={code} value={code} lang={code}>
            {OWN_NAMES[code]}
          </option>
        ))}
      </select>
    </span>
  );
}

function UnitsPicker() {
  const id = useId();
  return (
    <span class="settings-quick">
      <label class="unseen" for={id}>
        {say(TEXTS, "units")}
      </label>
      <select
        id={id}
        dir="ltr"
        value={units.value}
        onChange={(event) => {
          units.value = event.currentTarget.value as Units;
        }}
      >
        {UNITS.map((each) => (
          <option key={each} value={each}>
            {say(TEXTS, each)}
          </option>
        ))}
      </select>
    </span>
  );
}

function SettingsPanel() {
  return (
    <div
      id={PANEL}
      class="settings-panel"
      popover="auto"
      role="dialog"
      aria-labelledby="settings-h"
    >
      <h2 id="settings-h">{say(TEXTS, "settings")}</h2>
      <Field label={say(TEXTS, "theme")} inline>
        {(carried) => (
          <select
            {...carried}
            value={theme.value}
            onChange={(event) => {
              theme.value = event.currentTarget.value as Theme;
            }}
          >
            {THEMES.map((each) => (
              <option key={each} value={each}>
                {say(TEXTS, each)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <VectorPicker />
      <Switch
        label={say(TEXTS, "soundsOn")}
        hint={soundOn.value && !soundAllowed.value ? say(TEXTS, "soundsWait") : ""}
        on={soundOn.value}
        onChange={(on) => {
          soundOn.value = on;
        }}
      />
      <Switch
        label={say(TEXTS, "keysOn")}
        on={keysOn.value}
        onChange={(on) => {
          keysOn.value = on;
        }}
      />
      <p>
        <button
          type="button"
          onClick={() => {
            document.getElementById(PANEL)?.hidePopover();
            isHelpOpen.value = true;
          }}
        >
          {say(TEXTS, "keysList")}
        </button>
      </p>
      <p class="settings-kept">{say(TEXTS, "kept")}</p>
    </div>
  );
}

function VectorPicker() {
  return (
    <Field label={say(TEXTS, "vector")} inline>
      {(carried) => (
        <select
          {...carried}
          value={vectorMin.value}
          onChange={(event) => {
            const next = VECTORS_MIN.find((each) => String(each) === event.currentTarget.value);
            if (next !== undefined) vectorMin.value = next;
          }}
        >
          {VECTORS_MIN.map((each) => (
            <option key={each} value={each}>
              {each === 0
                ? say(TEXTS, "vectorNone")
                : say(TEXTS, "vectorMin", { span: countText(each, "min") })}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** A labelled box to tick. */
export function Switch({
  label,
  hint = "",
  on,
  onChange,
}: {
  label: string;
  hint?: string;
  on: boolean;
  onChange: (on: boolean) => void;
}) {
  const id = useId();
  return (
    <p class="settings-switch">
      <input
        type="checkbox"
        id={id}
        checked={on}
        aria-describedby={`${id}-told`}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <label for={id}>{label}</label>
      <span class="settings-hint" id={`${id}-told`}>
        {hint}
      </span>
    </p>
  );
}
