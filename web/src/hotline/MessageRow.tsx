// One message: what it says, how long there is, how far it got, and the answers that may be given.
import { useRef } from "preact/hooks";
import type { MessageView } from "../api/types";
import { Chip, Countdown, Ltr, type Tone } from "../look/kit";
import { clockText, instantText } from "../look/units";
import { actsNow, screen, selection } from "../shell/state";
import { language, say } from "../text/language";
import { Details } from "./Details";
import { Differences, LadderPart, Levels } from "./LadderPart";
import { MessageActs } from "./MessageActs";
import { withCode } from "./phrase";
import { keyText, misread, offered, sameKey } from "./ranks";
import { beginAnswer, rowId, select, selected } from "./room";
import { useReceipt } from "./seen";
import { TEXTS } from "./texts";
import { Words } from "./Words";

const TONES: Record<string, Tone> = { DISTRESS: "alarm", URGENT: "warn" };

/** A row that stands open: the whole words, levels and answers. */
export function MessageRow({ view }: { view: MessageView }) {
  const chosen = selected.value !== null && sameKey(selected.value.key, view.key);
  const place = useRef<HTMLElement>(null);
  useReceipt(place, view);
  const own = screen.value?.party ?? "";
  const bad = misread(view);
  return (
    <article
      ref={place}
      class="hot-row"
      id={rowId(view)}
      data-key={keyText(view.key)}
      data-class={view.message_class}
      data-awaits={view.awaits_us}
      data-misread={bad}
      data-chosen={chosen}
      aria-current={chosen ? "true" : undefined}
    >
      <Head view={view} chosen={chosen} />
      <Words view={view} />
      {bad && <Misread view={view} />}
      {!chosen &&
        view.ladder
          .filter((step) => step.party !== own)
          .map((step) => (
            <div key={step.party} class="hot-levels-row">
              {view.ladder.length > 1 && <Ltr class="hot-quiet">{step.party}</Ltr>}
              <Levels view={view} step={step} />
            </div>
          ))}
      <Answers view={view} numbered={chosen} />
      {chosen && (
        <>
          <LadderPart view={view} />
          <Details view={view} />
        </>
      )}
      {(chosen || bad) && actsNow.value && <MessageActs view={view} />}
    </article>
  );
}

/** A row of one line, for what is closed. */
export function ClosedRow({ view }: { view: MessageView }) {
  const chosen = selected.value !== null && sameKey(selected.value.key, view.key);
  if (chosen) return <MessageRow view={view} />;
  const outcome = view.ladder.map((step) => say(TEXTS, `outcome ${step.outcome}`)).join(", ");
  return (
    <article class="hot-row hot-closed" id={rowId(view)} data-key={keyText(view.key)}>
      <button type="button" class="hot-line" onClick={() => select(view.key)} aria-expanded="false">
        <Ltr class="hot-quiet">{clockText(view.sent_us)}</Ltr>
        <Way view={view} />
        <Ltr class="hot-type">{view.message_type}</Ltr>
        <span class="hot-outcome">{outcome}</span>
      </button>
    </article>
  );
}

function Way({ view }: { view: MessageView }) {
  const own = screen.value?.party ?? "";
  const name = (party: string) => (party === own ? say(TEXTS, "us") : party);
  return (
    <span class="hot-way">
      <Ltr>{name(view.party)}</Ltr> <span aria-hidden="true">⟶</span>
      <span class="unseen">{say(TEXTS, "to")}</span> <Ltr>{view.to.map(name).join(", ")}</Ltr>
    </span>
  );
}

function Head({ view, chosen }: { view: MessageView; chosen: boolean }) {
  const toggle = () => {
    if (chosen) selection.value = null;
    else select(view.key);
  };
  return (
    <header class="hot-head">
      <button type="button" class="hot-line" aria-expanded={chosen} onClick={toggle}>
        <Chip tone={TONES[view.message_class] ?? "plain"}>
          {withCode("class", view.message_class, language.value)}
        </Chip>
        <Way view={view} />
        <Ltr class="hot-type">{view.message_type}</Ltr>
      </button>
      <Marks view={view} />
      <Due view={view} />
    </header>
  );
}

function Marks({ view }: { view: MessageView }) {
  return (
    <>
      {view.status !== "actual" && (
        <strong class="hot-mark">
          {say(TEXTS, view.status === "exercise" ? "exercise" : "testStatus")}
        </strong>
      )}
      {view.expired && <strong class="hot-mark">{say(TEXTS, "expired")}</strong>}
      {view.audience !== null && <span class="hot-mark">{say(TEXTS, "addresseesOnly")}</span>}
      {view.one_sided && <span class="hot-mark">{say(TEXTS, "oneSided")}</span>}
      {view.over_text !== "" && (
        <strong class="hot-mark">
          {say(TEXTS, view.corrected_by !== null ? "corrected" : "cancelled")}
        </strong>
      )}
    </>
  );
}

/** The clock of an answer: ours first, else that of whoever owes one. */
function Due({ view }: { view: MessageView }) {
  if (view.answer_due_us === null || !view.open) return null;
  const waits = view.ladder.some((step) => step.answer === null && step.over === null);
  if (!waits) return null;
  const held = view.ladder.find((step) => step.standby !== null && step.answer === null);
  const promisedUs = held?.standby?.promised_us ?? null;
  return (
    <span class="hot-due">
      <span class="hot-quiet">{say(TEXTS, view.awaits_us ? "answerDue" : "theirAnswerDue")} </span>
      <Countdown
        untilUs={view.answer_due_us}
        told={say(TEXTS, view.awaits_us ? "answerDue" : "theirAnswerDue")}
      />
      {promisedUs !== null && (
        <span class="hot-quiet">
          {" "}
          {say(TEXTS, "promised")} <Ltr>{clockText(promisedUs)}</Ltr>
        </span>
      )}
      {view.valid_until_us !== null && (
        <span class="hot-quiet">
          {" · "}
          {say(TEXTS, "validUntil")} <Ltr>{instantText(view.valid_until_us)}</Ltr>
        </span>
      )}
    </span>
  );
}

function Misread({ view }: { view: MessageView }) {
  const own = screen.value?.party ?? "";
  const steps = view.ladder.filter((step) => step.read_back === "differs" && step.over === null);
  return (
    <div class="hot-misread">
      <strong>{say(TEXTS, "mismatch")}</strong>
      {steps.map((step) => (
        <Differences key={step.party} view={view} step={step} />
      ))}
      <p>
        {say(TEXTS, view.party === own ? "mismatchOurs" : "mismatchTheirs", { party: view.party })}
      </p>
    </div>
  );
}

/** The answers that the node allows now; in the selected row each has its key. */
function Answers({ view, numbered }: { view: MessageView; numbered: boolean }) {
  const answers = offered(view, actsNow.value);
  if (answers.length === 0) return null;
  return (
    <div class="hot-answers">
      {answers.map((answer, place) => (
        <button
          key={answer}
          type="button"
          class="hot-answer"
          data-answer={answer}
          onClick={() => {
            select(view.key);
            beginAnswer(view, answer);
          }}
        >
          {numbered && <kbd>{place + 1}</kbd>} {withCode("answer", answer, language.value)}
        </button>
      ))}
    </div>
  );
}
