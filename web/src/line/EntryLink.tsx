// The entry behind a value: its log and index, and its exact text when asked for.
import { useState } from "preact/hooks";
import { ask } from "../api/client";
import type { EntryView } from "../api/types";
import { selection } from "../shell/state";
import { say } from "../text/language";
import { TEXTS } from "./texts";

/** Returns the text of an entry, as the node holds it. */
export async function entryAt(log: string, index: number): Promise<EntryView | undefined> {
  const found = await ask<EntryView[]>(`/api/logs/${log}/entries?start=${index}&end=${index + 1}`);
  return found[0];
}

/** Returns a log's name without what every log of this kind has in common. */
export function shortLog(log: string): string {
  const parts = log.split("/");
  return parts.length === 5 ? parts.slice(2).join("/") : log;
}

/** A link to an entry; it selects it and shows its exact text below. */
export function EntryLink({ at }: { at: [string, number] | null }) {
  const [shown, setShown] = useState<EntryView | string | null>(null);
  if (at === null) return <span class="line-quiet">{say(TEXTS, "noEntry")}</span>;
  const [log, index] = at;
  const show = () => {
    if (shown !== null) {
      setShown(null);
      return;
    }
    selection.value = { kind: "message", log, index };
    entryAt(log, index).then(
      (entry) => setShown(entry ?? say(TEXTS, "entryNotHeld")),
      (error: unknown) => setShown(error instanceof Error ? error.message : String(error)),
    );
  };
  return (
    <span class="line-entry">
      <button
        type="button"
        class="line-link"
        aria-expanded={shown !== null}
        onClick={show}
        title={`${log} ${index}`}
      >
        <bdi dir="ltr">
          {shortLog(log)} #{index}
        </bdi>
      </button>
      {shown !== null && <EntryText shown={shown} />}
    </span>
  );
}

function EntryText({ shown }: { shown: EntryView | string }) {
  if (typeof shown === "string") return <span class="line-quiet"> {shown}</span>;
  return (
    <span class="line-entry-text" dir="ltr" lang="en">
      <code class="line-leaf">
        {say(TEXTS, "leaf")} {shown.leaf}
      </code>
      <code>{shown.text}</code>
      {shown.payload !== null && <code>{shown.payload}</code>}
      {shown.reading !== "plain" && <span>{say(TEXTS, shown.reading)}</span>}
    </span>
  );
}
