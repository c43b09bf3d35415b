// The alert that is shown below the list, by name, with what a person can do about it.
import type { AlertView } from "../api/types";
import { actsNow, mode, screen } from "../shell/state";
import { say } from "../text/language";
import { ClassMark } from "./ClassMark";
import { canCompose } from "./compose";
import { askMark, ownPosts } from "./marking";
import { TEXTS } from "./texts";
import { pairWord } from "./words";

interface HeadProps {
  alert: AlertView;
  onWrite: (alert: AlertView) => void;
}

/** Its name, and buttons where somebody may act. */
export function ChosenHead({ alert, onWrite }: HeadProps) {
  return (
    <div class="alerts-chosenhead" data-class={alert.alert_class}>
      <h3>
        <ClassMark word={alert.alert_class} /> <bdi dir="ltr">{pairWord(alert.aircraft)}</bdi>
      </h3>
      <Buttons alert={alert} onWrite={onWrite} />
    </div>
  );
}

function Buttons({ alert, onWrite }: HeadProps) {
  // In REPLAY nothing is offered; the head says that it is one.
  if (mode.value === "REPLAY") return null;
  if (!actsNow.value) return <span class="alerts-quiet">{say(TEXTS, "noActs")}</span>;
  const posts = ownPosts(screen.value?.agreements ?? [], alert.agreement);
  if (posts.length === 0) return <span class="alerts-quiet">{say(TEXTS, "noPost")}</span>;
  return (
    <div class="alerts-buttons">
      {alert.life !== null && (
        <>
          <KeyButton name="n" text={say(TEXTS, "markSeen")} does={() => askMark(alert, "seen")} />
          <KeyButton
            name="c"
            text={say(TEXTS, "markCalled")}
            does={() => askMark(alert, "called")}
          />
        </>
      )}
      {canCompose(alert, screen.value?.party ?? "") && (
        <KeyButton name="w" text={say(TEXTS, "write")} does={() => onWrite(alert)} />
      )}
    </div>
  );
}

function KeyButton({ name, text, does }: { name: string; text: string; does: () => void }) {
  return (
    <button type="button" class="alerts-button" aria-keyshortcuts={name} onClick={does}>
      {text}{" "}
      <span class="alerts-key" aria-hidden="true">
        {name}
      </span>
    </button>
  );
}
