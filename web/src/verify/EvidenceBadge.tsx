// The evidence badge: a button that says in words how far the record was checked, and its panel.

import { useEffect, useId, useRef, useState } from "preact/hooks";
import { nodeNowUs } from "../live/clock";
import { clockText } from "../look/units";
import type { LanguageCode } from "../terms/kinds";
import type { Verdict } from "./badge";
import { checkEvidence } from "./check";
import { say } from "./texts";
import { VerdictPanel } from "./VerdictPanel";
import "./verify.css";

/** How far a check has come. */
export type CheckState =
  | { readonly kind: "unchecked" }
  | { readonly kind: "fetching" }
  | { readonly kind: "checking"; readonly done: number; readonly total: number }
  | { readonly kind: "fault"; readonly fault: string }
  | {
      readonly kind: "verdict";
      readonly verdict: Verdict;
      readonly pack: Uint8Array;
      /** The node's time when the pack was asked for; 0: not known. */
      readonly atUs: number;
    };

interface BadgeProps {
  /** Which agreement's record it is, as it stands in the title and in the file's name. */
  readonly agreement: string;
  readonly fetchPack: () => Promise<Uint8Array>;
  readonly lang: LanguageCode;
  /** Verifier keys (vkeys) that the person has from their owners. */
  readonly given?: readonly string[];
}

/** Returns the state of a check in words. */
export function stateWords(state: CheckState, lang: LanguageCode): string {
  if (state.kind === "checking") {
    return say(lang, "checking", { done: state.done, total: state.total });
  }
  if (state.kind === "fault") return say(lang, "failedFetch", { fault: state.fault });
  return state.kind === "verdict" ? verdictWords(state.verdict, lang) : say(lang, state.kind);
}

/** Returns a verdict in words, with the place of a flaw. */
export function verdictWords(verdict: Verdict, lang: LanguageCode): string {
  const { flaw } = verdict;
  if (!flaw) return passedWords(verdict, lang);
  const { log, index, last, file } = flaw;
  if (log === "") return say(lang, "failedFile", { file });
  if (index === undefined) return say(lang, "failedLog", { log });
  if (last === undefined || last <= index) return say(lang, "failedAt", { log, index });
  return say(lang, "failedSpan", { log, index, last });
}

function passedWords({ badge, unheld, sealed }: Verdict, lang: LanguageCode): string {
  if (badge !== "PARTIAL") return say(lang, "intact");
  if (unheld > 0) return say(lang, "partialHeld", { count: unheld });
  return sealed > 0 ? say(lang, "partialSealed", { count: sealed }) : say(lang, "partial");
}

/** As of when a verdict is: nothing that came later was checked. */
function asOfWords(state: CheckState, lang: LanguageCode): string {
  if (state.kind !== "verdict" || state.atUs === 0) return "";
  return say(lang, "asOf", { clock: clockText(state.atUs) });
}

/** A sign beside the words, so that the three verdicts differ without colour and without reading. */
function signOf(state: CheckState): string {
  if (state.kind === "verdict") {
    return { "RECORD INTACT": "\u2713", PARTIAL: "\u25d0", FAILED: "\u2717" }[state.verdict.badge];
  }
  return state.kind === "fault" ? "!" : state.kind === "unchecked" ? "\u25cb" : "\u2026";
}

function nameOf(state: CheckState): string {
  if (state.kind !== "verdict") return state.kind;
  return { "RECORD INTACT": "intact", PARTIAL: "partial", FAILED: "failed" }[state.verdict.badge];
}

/** Shows how far the record of an agreement was checked in this browser, and checks it. */
export function EvidenceBadge({ agreement, fetchPack, lang, given = [] }: BadgeProps) {
  const [state, setState] = useState<CheckState>({ kind: "unchecked" });
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useId();
  const run = useCheck(fetchPack, given, setState);
  const busy = state.kind === "fetching" || state.kind === "checking";
  const press = () => {
    if (state.kind === "unchecked" || state.kind === "fault") void run();
    else if (state.kind === "verdict") setOpen(!isOpen);
  };
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const asOf = asOfWords(state, lang);
  const hint = say(lang, state.kind === "verdict" ? (isOpen ? "close" : "open") : "check");
  return (
    <div class="evidence" dir={lang === "ar" ? "rtl" : "ltr"} lang={lang}>
      <button
        type="button"
        ref={button}
        class={`evidence-badge evidence-${nameOf(state)}`}
        aria-expanded={isOpen}
        aria-controls={panel}
        aria-disabled={busy}
        title={hint}
        onClick={press}
      >
        <span class="evidence-sign" aria-hidden="true">
          {signOf(state)}
        </span>
        <span>{stateWords(state, lang)}</span>
        {asOf && <span class="evidence-asof">{asOf}</span>}
      </button>
      <span class="evidence-told" role="status">
        {state.kind === "checking" ? "" : `${stateWords(state, lang)} ${asOf}`}
      </span>
      <section
        id={panel}
        class="evidence-panel"
        role="dialog"
        aria-label={say(lang, "title", { agreement })}
        hidden={!isOpen || state.kind !== "verdict"}
        onKeyDown={(event) => {
          if (event.key === "Escape") close();
        }}
      >
        {isOpen && state.kind === "verdict" ? (
          <VerdictPanel
            agreement={agreement}
            lang={lang}
            verdict={state.verdict}
            words={verdictWords(state.verdict, lang)}
            asOf={asOf}
            pack={state.pack}
            onAgain={() => {
              setOpen(false);
              button.current?.focus();
              void run();
            }}
            onClose={close}
          />
        ) : null}
      </section>
    </div>
  );
}

/** Returns what runs a check and tells its state, until the badge is gone or another one is begun. */
function useCheck(
  fetchPack: () => Promise<Uint8Array>,
  given: readonly string[],
  tell: (state: CheckState) => void,
): () => Promise<void> {
  const turn = useRef(0);
  useEffect(
    () => () => {
      turn.current++;
    },
    [],
  );
  return async () => {
    const mine = ++turn.current;
    const say = (state: CheckState) => {
      if (mine === turn.current) tell(state);
    };
    say({ kind: "fetching" });
    try {
      const atUs = nodeNowUs();
      let pack: Uint8Array = new Uint8Array(0);
      const fetched = async () => {
        pack = await fetchPack();
        return pack;
      };
      const progress = (done: number, total: number) => say({ kind: "checking", done, total });
      const verdict = await checkEvidence(fetched, progress, given);
      say({ kind: "verdict", verdict, pack, atUs });
    } catch (error) {
      say({ kind: "fault", fault: error instanceof Error ? error.message : "unknown" });
    }
  };
}
