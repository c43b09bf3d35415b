// Small accessible parts that every room may use: dialogs, chips, countdowns, tabs, fields.
//
// Each has its styles in kit.css; colours only by variables, and never colour alone: a chip has a
// word, a countdown says "late" in words, a fault is a text beside its field.
import { computed, signal } from "@preact/signals";
import type { ComponentChildren, FunctionComponent } from "preact";
import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import { direction, say } from "../text/language";
import "./kit.css";
import { KIT_TEXTS } from "./kittexts";
import { shownUs } from "./tick";
import { spanFloorText } from "./units";

/** A number, name or time that keeps its order in a text from the right. */
export function Ltr({ children, class: name }: { children: ComponentChildren; class?: string }) {
  return (
    <bdi dir="ltr" class={name ? `ltr ${name}` : "ltr"}>
      {children}
    </bdi>
  );
}

/** A text for readers by ear only. */
export function Unseen({ children }: { children: ComponentChildren }) {
  return <span class="unseen">{children}</span>;
}

// ---- dialogs ------------------------------------------------------------------------------------

/** What presses meanwhile, as the shell has it: a modal dialog covers all that would say it. */
export const pressing = signal<FunctionComponent | null>(null);

export interface DialogProps {
  open: boolean;
  title: string;
  /** Called once when it closes: by Esc, by its button, or because a room says so. */
  onClose: () => void;
  children: ComponentChildren;
  class?: string;
  /** False leaves the closing button out, for a dialog with buttons of its own. */
  closes?: boolean;
}

/** A modal dialog; focus goes back to where it was, and Esc closes it. */
export function Dialog({ open, title, onClose, children, class: name, closes }: DialogProps) {
  const place = useRef<HTMLDialogElement>(null);
  const before = useRef<HTMLElement | null>(null);
  const gone = useRef(false);
  const id = useId();
  const Pressing = pressing.value;
  useEffect(() => {
    const dialog = place.current;
    if (!dialog) return;
    if (open && !dialog.open) {
      const active = document.activeElement;
      before.current = active instanceof HTMLElement ? active : null;
      dialog.showModal();
      // Not the autofocus attribute: the browser complains of one that comes after the page.
      dialog.querySelector<HTMLElement>("[data-first]")?.focus();
    } else if (!open && dialog.open) {
      dialog.close();
    }
  }, [open]);
  useEffect(() => {
    const dialog = place.current;
    return () => {
      if (!dialog?.open) return;
      // It goes away with the part of the screen that had it: its closing, told later, is nobody's.
      gone.current = true;
      dialog.close();
      before.current?.focus();
    };
  }, []);
  const closed = () => {
    if (gone.current) return;
    before.current?.focus();
    before.current = null;
    if (open) onClose();
  };
  return (
    <dialog
      ref={place}
      class={name ? `kit-dialog ${name}` : "kit-dialog"}
      aria-labelledby={id}
      onClose={closed}
    >
      {open && (
        <div class="kit-dialog-inside">
          <div class="kit-dialog-head">
            <h2 id={id}>{title}</h2>
            {closes !== false && (
              <button type="button" class="kit-close" onClick={() => place.current?.close()}>
                <span aria-hidden="true">×</span>
                <Unseen>{say(KIT_TEXTS, "close")}</Unseen>
              </button>
            )}
          </div>
          <div class="kit-pressing" role="status">
            {Pressing && <Pressing />}
          </div>
          {children}
        </div>
      )}
    </dialog>
  );
}

export interface ConfirmProps {
  open: boolean;
  title: string;
  /** What will be done, to whom, in full: nobody confirms what is not on the screen. */
  children: ComponentChildren;
  /** The word of the button that does it: what it does, never "OK". */
  confirm: string;
  cancel?: string;
  /** Why it cannot be done now; the button is off and the reason stands beside it. */
  notNow?: string;
  /** What the node said when it was tried. */
  fault?: string;
  busy?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something is written or sent; the focus begins on the button that does nothing. */
export function ConfirmDialog(props: ConfirmProps) {
  const id = useId();
  const { open, title, children, confirm, cancel, notNow, fault, busy, onConfirm, onClose } = props;
  return (
    <Dialog open={open} title={title} onClose={onClose} class="kit-confirm" closes={false}>
      <div>{children}</div>
      <p class="kit-fault" role="alert" id={id}>
        {notNow || fault || ""}
      </p>
      <div class="kit-buttons">
        <button type="button" class="kit-cancel" data-first onClick={onClose}>
          {cancel ?? say(KIT_TEXTS, "cancel")}
        </button>
        <button
          type="button"
          class="kit-do"
          disabled={Boolean(notNow) || busy === true}
          aria-describedby={id}
          onClick={onConfirm}
        >
          {busy ? say(KIT_TEXTS, "busy") : confirm}
        </button>
      </div>
    </Dialog>
  );
}

// ---- chips and countdowns -----------------------------------------------------------------------

/** What a chip is about; each tone has a mark of its own before the word. */
export type Tone = "plain" | "good" | "warn" | "alarm" | "own" | "other" | "third" | "off";

/** A word in a frame; the tone's mark says by shape what its colour says. */
export function Chip({
  tone = "plain",
  children,
  title,
}: {
  tone?: Tone;
  children: ComponentChildren;
  title?: string;
}) {
  return (
    <span class="kit-chip" data-tone={tone} {...(title ? { title } : {})}>
      {children}
    </span>
  );
}

export interface CountdownProps {
  /** The node's instant at which it ends. */
  untilUs: number;
  /** What ends then, for readers by ear: "Answer due". */
  told: string;
  /** Below so many seconds it is shown as soon. */
  soonS?: number;
  /** Whole seconds at which it is spoken; never every second. */
  speakAt?: readonly number[];
}

/** The time left, never overstated; after its end, how late it is, in words. */
export function Countdown({ untilUs, told, soonS = 30, speakAt = [] }: CountdownProps) {
  // Only a changed second draws anew.
  const leftS = useMemo(
    () => computed(() => Math.floor((untilUs - shownUs.value) / 1_000_000)),
    [untilUs],
  );
  const left = leftS.value;
  const isLate = left < 0;
  const text = isLate
    ? say(KIT_TEXTS, "late", { span: spanFloorText(-left - 1) })
    : spanFloorText(left);
  return (
    <>
      <span
        class="kit-countdown"
        role="timer"
        aria-label={told}
        data-state={isLate ? "late" : left <= soonS ? "soon" : "left"}
      >
        {text}
      </span>
      {speakAt.length > 0 && <Spoken left={left} told={told} at={speakAt} />}
    </>
  );
}

function Spoken({ left, told, at }: { left: number; told: string; at: readonly number[] }) {
  const [words, setWords] = useState("");
  const last = useRef(left);
  useEffect(() => {
    const crossed = at.filter((each) => last.current > each && left <= each);
    last.current = left;
    if (crossed.length === 0) return;
    const span = spanFloorText(Math.max(0, left));
    setWords(
      left > 0
        ? say(KIT_TEXTS, "leftSpoken", { told, span })
        : say(KIT_TEXTS, "endedSpoken", { told }),
    );
  }, [left, told, at]);
  return (
    <span class="unseen" aria-live="assertive">
      {words}
    </span>
  );
}

// ---- tabs ---------------------------------------------------------------------------------------

export interface Tab<Id extends string> {
  id: Id;
  label: ComponentChildren;
}

/** A row of tabs; arrows move, in the reader's direction. The panel is the caller's own. */
export function Tabs<Id extends string>({
  label,
  tabs,
  chosen,
  onChoose,
  panelId,
}: {
  label: string;
  tabs: readonly Tab<Id>[];
  chosen: Id;
  onChoose: (id: Id) => void;
  /** The id of the element that the chosen tab shows; it has role="tabpanel". */
  panelId: (id: Id) => string;
}) {
  const place = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent) => {
    const at = tabs.findIndex((tab) => tab.id === chosen);
    const forward = direction.value === "rtl" ? "ArrowLeft" : "ArrowRight";
    const back = direction.value === "rtl" ? "ArrowRight" : "ArrowLeft";
    const to =
      event.key === forward
        ? (at + 1) % tabs.length
        : event.key === back
          ? (at + tabs.length - 1) % tabs.length
          : event.key === "Home"
            ? 0
            : event.key === "End"
              ? tabs.length - 1
              : -1;
    const tab = tabs[to];
    if (!tab) return;
    event.preventDefault();
    onChoose(tab.id);
    place.current?.querySelectorAll<HTMLElement>('[role="tab"]')[to]?.focus();
  };
  return (
    <div class="kit-tabs" role="tablist" aria-label={label} ref={place} onKeyDown={move}>
      {tabs.map((tab) => (
        <button
          key={tab.id}
          type="button"
          role="tab"
          id={`${panelId(tab.id)}-tab`}
          aria-selected={tab.id === chosen}
          aria-controls={panelId(tab.id)}
          tabIndex={tab.id === chosen ? 0 : -1}
          onClick={() => onChoose(tab.id)}
        >
          {tab.label}
        </button>
      ))}
    </div>
  );
}

// ---- fields -------------------------------------------------------------------------------------

/** What a field's control has to carry, so that its label, hint and fault are read with it. */
export interface Carried {
  id: string;
  "aria-describedby": string;
  "aria-invalid": boolean;
}

/** A labelled control with its hint and its fault: `<Field label=".."> {(c) => <input {...c}/>}`. */
export function Field({
  label,
  hint = "",
  fault = "",
  inline = false,
  children,
}: {
  label: ComponentChildren;
  hint?: string;
  fault?: string;
  inline?: boolean;
  children: (carried: Carried) => ComponentChildren;
}) {
  const id = useId();
  const described = `${id}-told`;
  return (
    <div class="kit-field" data-inline={inline}>
      <label for={id}>{label}</label>
      {children({ id, "aria-describedby": described, "aria-invalid": fault !== "" })}
      <div class="kit-told" id={described}>
        {hint !== "" && <span class="kit-hint">{hint}</span>}
        {fault !== "" && <span class="kit-fault">{fault}</span>}
      </div>
    </div>
  );
}
