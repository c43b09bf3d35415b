// What two parties knew at one instant, side by side: what each surely knew, what differs by mark and
// word, and what each may have known besides.
import { useEffect, useState } from "preact/hooks";
import { ask } from "../api/client";
import type { KnowledgeView, ScreenView } from "../api/types";
import { Dialog } from "../look/kit";
import { nowUs } from "../look/tick";
import { instantText, spanText } from "../look/units";
import { mode } from "../shell/state";
import { say } from "../text/language";
import { goTo, parties, pastQuery, wordsOf } from "./replay";
import { Besides, Rows } from "./SplitRows";
import { clamped, MINUTE_US, NOW_WITHIN_US, SECOND_US } from "./slider";
import { compare, differences } from "./split";
import { TEXTS } from "./texts";
import { firstUs } from "./timeline";

interface Known {
  screen: ScreenView;
  knowledge: KnowledgeView;
}
type Answer =
  | { is: "asked" }
  | { is: "told"; left: Known; right: Known }
  | { is: "fault"; words: string };

interface Props {
  open: boolean;
  /** The handle's instant when it is opened. */
  atUs: number;
  onClose: () => void;
}

/** The dialog. */
export function SplitDialog({ open, atUs, onClose }: Props) {
  const [instantUs, setInstantUs] = useState(0);
  useEffect(() => {
    setInstantUs(open ? clamped(Math.min(atUs, nowUs.value), nowUs.value, firstUs.value) : 0);
  }, [open]);
  const move = (byUs: number) => {
    const toUs = clamped(Math.min(instantUs + byUs, nowUs.value), nowUs.value, firstUs.value);
    setInstantUs(toUs);
    // The screen behind it goes along, so that both say the same when it is closed.
    if (toUs < nowUs.value - NOW_WITHIN_US || mode.value === "REPLAY")
      goTo(toUs, { keep: "REPLAY" });
  };
  const title = say(TEXTS, "splitTitle", { instant: instantText(instantUs) });
  return (
    <Dialog open={open} title={title} onClose={onClose} class="time-split">
      {instantUs > 0 && <Split atUs={instantUs} onMove={move} />}
    </Dialog>
  );
}

function Split({ atUs, onMove }: { atUs: number; onMove: (byUs: number) => void }) {
  const all = parties.value;
  const [left, setLeft] = useState(all[0] ?? "");
  const [right, setRight] = useState(all[1] ?? all[0] ?? "");
  const [only, setOnly] = useState(false);
  const answer = useKnown(atUs, left, right);
  return (
    <>
      <div class="time-split-head">
        <Picker label={say(TEXTS, "left")} value={left} all={all} onChange={setLeft} />
        <Picker label={say(TEXTS, "right")} value={right} all={all} onChange={setRight} />
        <div class="time-playing" dir="ltr">
          {[-MINUTE_US, -10 * SECOND_US, 10 * SECOND_US, MINUTE_US].map((byUs) => (
            <button key={byUs} type="button" class="time-button" onClick={() => onMove(byUs)}>
              {say(TEXTS, byUs < 0 ? "stepBack" : "stepOn", { span: spanText(byUs / SECOND_US) })}
            </button>
          ))}
        </div>
        <label class="time-only">
          <input
            type="checkbox"
            checked={only}
            onChange={(event) => setOnly(event.currentTarget.checked)}
          />
          {say(TEXTS, "onlyDifferent")}
        </label>
      </div>
      <Told answer={answer} only={only} />
    </>
  );
}

function Picker(props: {
  label: string;
  value: string;
  all: readonly string[];
  onChange: (party: string) => void;
}) {
  return (
    <label class="time-field">
      <span>{props.label}</span>
      <select value={props.value} onChange={(event) => props.onChange(event.currentTarget.value)}>
        {props.all.map((party) => (
          <option key={party} value={party}>
            {party}
          </option>
        ))}
      </select>
    </label>
  );
}

async function known(atUs: number, party: string, signal: AbortSignal): Promise<Known> {
  const query = pastQuery(atUs, party);
  const screen = await ask<ScreenView>(`/api/screen${query}`, signal);
  return { screen, knowledge: await ask<KnowledgeView>(`/api/knowledge${query}`, signal) };
}

function useKnown(atUs: number, left: string, right: string): Answer {
  const [answer, setAnswer] = useState<Answer>({ is: "asked" });
  useEffect(() => {
    const asking = new AbortController();
    // Never the answer of another instant under this one's title.
    setAnswer({ is: "asked" });
    Promise.all([known(atUs, left, asking.signal), known(atUs, right, asking.signal)]).then(
      ([one, other]) => setAnswer({ is: "told", left: one, right: other }),
      (error: unknown) => {
        if (!asking.signal.aborted) setAnswer({ is: "fault", words: wordsOf(error) });
      },
    );
    return () => asking.abort();
  }, [atUs, left, right]);
  return answer;
}

function Told({ answer, only }: { answer: Answer; only: boolean }) {
  if (answer.is === "asked") return <p role="status">{say(TEXTS, "askedNode")}</p>;
  if (answer.is === "fault") {
    return (
      <p class="time-bad" role="alert">
        {answer.words}
      </p>
    );
  }
  const { left, right } = answer;
  const compared = compare(left.screen, right.screen);
  return (
    <>
      <p role="status" class="time-split-count">
        {say(TEXTS, "differences", { count: differences(compared) })}
      </p>
      <Rows compared={compared} left={left.screen.viewer} right={right.screen.viewer} only={only} />
      <p class="time-quiet">{say(TEXTS, "linksThen")}</p>
      <div class="time-split-besides">
        <Besides knowledge={left.knowledge} own={left.screen.party} />
        <Besides knowledge={right.knowledge} own={right.screen.party} />
      </div>
    </>
  );
}
