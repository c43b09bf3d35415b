// One chip per line: its word by shape and text, the other end, when it was heard, who is on duty.
import { useEffect, useState } from "preact/hooks";
import type { LineVector } from "../api/types";
import { isHeard } from "../live/clock";
import { shownUs, startTicking } from "../look/tick";
import { clockText, spanText } from "../look/units";
import { bindKeys } from "../shell/keys";
import { mode, screen } from "../shell/state";
import { language, say } from "../text/language";
import { GlanceMark } from "./GlanceMark";
import { glanceText, missingText, type OtherEnd, otherEnds, wordOf, worstFirst } from "./glance";
import { LineDialog } from "./LineDialog";
import { TEXTS } from "./texts";
import "./line.css";

interface Named {
  agreement: string;
  line: string;
}

/** The row of lines in the header. */
export function LineBar() {
  const [opened, setOpened] = useState<Named | null>(null);
  const lines = worstFirst(screen.value?.lines ?? []);
  const first = lines[0];
  useEffect(() => startTicking(), []);
  useEffect(
    () =>
      bindKeys("line", [
        {
          key: "i",
          told: () => say(TEXTS, "keyLine"),
          does: () => {
            const next = worstFirst(screen.value?.lines ?? [])[0];
            if (next) setOpened({ agreement: next.agreement, line: next.line });
          },
        },
      ]),
    [],
  );
  if (screen.value === null) return <p class="line-quiet line-none">{say(TEXTS, "noView")}</p>;
  if (first === undefined) return <p class="line-quiet line-none">{say(TEXTS, "noLine")}</p>;
  return (
    <>
      <ul class="line-chips">
        {lines.map((each) => (
          <li key={`${each.agreement}|${each.line}`}>
            <Chip vector={each} onOpen={() => setOpened(each)} />
          </li>
        ))}
      </ul>
      {opened !== null && (
        <LineDialog
          agreement={opened.agreement}
          line={opened.line}
          onClose={() => setOpened(null)}
        />
      )}
    </>
  );
}

function Chip({ vector, onOpen }: { vector: LineVector; onOpen: () => void }) {
  const own = screen.value?.party ?? vector.viewer;
  const tongue = language.value;
  const missing = vector.missing.map((each) => missingText(each, tongue));
  const old = mode.value !== "REPLAY" && !isHeard.value;
  return (
    <button
      type="button"
      class="line-chip"
      data-word={vector.glance}
      data-old={old}
      data-line={vector.line}
      aria-haspopup="dialog"
      title={missing.join("; ")}
      onClick={onOpen}
    >
      <GlanceMark word={vector.glance} />
      <span class="line-chip-text">
        <span class="line-chip-top">
          <bdi dir="ltr" class="line-name">
            {vector.line}
          </bdi>
          <strong class="line-word">{glanceText(vector.glance, tongue)}</strong>
          {missing.length > 0 && <span class="line-missing">{missing.join(" · ")}</span>}
        </span>
        <span class="line-chip-low">
          {otherEnds(vector, own).map((end) => (
            <Other key={end.party} end={end} />
          ))}
        </span>
      </span>
    </button>
  );
}

function Other({ end }: { end: OtherEnd }) {
  const duty =
    end.onDuty.length > 0
      ? say(TEXTS, "onDuty", { posts: end.onDuty.join(", ") })
      : say(TEXTS, "nobodyOnDuty");
  return (
    <span class="line-other">
      <bdi dir="ltr" class="line-party">
        {end.party}
      </bdi>
      <span>{screen.value?.past ? <LinkThen end={end} /> : <Heard heardUs={end.heardUs} />}</span>
      <span>{duty}</span>
    </span>
  );
}

/** A link of the past: as it was written down, and nothing of when anybody was heard. */
function LinkThen({ end }: { end: OtherEnd }) {
  const since =
    end.link === "down" && end.heardUs !== null
      ? ` ${say(TEXTS, "since")} ${clockText(end.heardUs)}`
      : "";
  return <>{`${say(TEXTS, "link")}: ${wordOf("link", end.link, language.value)}${since}`}</>;
}

/** How long ago somebody was heard. */
export function Heard({ heardUs }: { heardUs: number | null }) {
  if (heardUs === null) return <>{say(TEXTS, "neverHeard")}</>;
  const age = spanText(Math.max(0, (shownUs.value - heardUs) / 1e6));
  return <>{say(TEXTS, "heard", { age })}</>;
}
