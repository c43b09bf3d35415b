// The rows by time to loss. One of them has the keyboard; the arrows and j, k move it and select.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { AlertView, LinkShown } from "../api/types";
import { say } from "../text/language";
import { AlertRow } from "./AlertRow";
import { entered, isSelected, select } from "./choice";
import { TEXTS } from "./texts";

/** So many rows at once; the rest on request. */
export const ROWS_SHOWN = 100;

interface ListProps {
  /** In the order in which they are shown, by their names. */
  rows: readonly (readonly [string, AlertView])[];
  atUs: number;
  counts: boolean;
  links: readonly LinkShown[];
}

/** Moves the keyboard by so many rows, and selects where it stands: what is shown is acted on. */
export function step(rows: readonly (readonly [string, AlertView])[], by: number): void {
  const chosen = rows.findIndex(([, alert]) => isSelected(alert));
  const at = chosen < 0 ? rows.findIndex(([id]) => id === entered.value) : chosen;
  const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))];
  if (next === undefined) return;
  select(next[1]);
  goTo(next[0]);
}

function goTo(id: string): void {
  entered.value = id;
  rowOf(id)?.focus();
  rowOf(id)?.scrollIntoView({ block: "nearest" });
}

function rowOf(id: string): HTMLElement | undefined {
  return [...document.querySelectorAll<HTMLElement>(".alerts-row")].find(
    (row) => row.dataset["id"] === id,
  );
}

/** The list. */
export function AlertList({ rows, atUs, counts, links }: ListProps) {
  const [most, setMost] = useState(ROWS_SHOWN);
  const shown = rows.slice(0, most);
  const table = useRef<HTMLTableElement>(null);
  const tabId = tabRow(shown);
  useKeptFocus(table.current, shown);
  useShortTermInSight(shown);
  return (
    <>
      <div class="alerts-scroll">
        <table
          ref={table}
          class="alerts-table"
          // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: rows with one tab stop
          role="grid"
          aria-label={say(TEXTS, "list")}
          onKeyDown={(event) => {
            const by = MOVES[event.key];
            if (by === undefined) return;
            event.preventDefault();
            step(shown, by);
          }}
        >
          <thead class="unseen">
            <tr>
              <th scope="col">{say(TEXTS, "class")}</th>
              <th scope="col">{say(TEXTS, "conflict")}</th>
              <th scope="col">{say(TEXTS, "loss")}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(([id, alert]) => (
              <AlertRow
                key={id}
                id={id}
                alert={alert}
                atUs={atUs}
                counts={counts}
                links={links}
                selected={isSelected(alert)}
                entered={id === tabId}
                onSelect={() => {
                  entered.value = id;
                  select(alert);
                }}
                onFocus={() => {
                  entered.value = id;
                }}
              />
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > most && (
        <button type="button" class="alerts-button" onClick={() => setMost(most + ROWS_SHOWN)}>
          {say(TEXTS, "showMore", { count: rows.length - most })}
        </button>
      )}
    </>
  );
}

const MOVES: Record<string, number> = {
  ArrowDown: 1,
  ArrowUp: -1,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/** The one row that Tab reaches: the selected one, else that of the keyboard, else the first. */
function tabRow(rows: readonly (readonly [string, AlertView])[]): string | undefined {
  const chosen = rows.find(([, alert]) => isSelected(alert));
  return (chosen ?? rows.find(([id]) => id === entered.value) ?? rows[0])?.[0];
}

/** Scrolls to what became short-term, the first of it. */
function useShortTermInSight(rows: readonly (readonly [string, AlertView])[]): void {
  const before = useRef<readonly string[]>([]);
  const now = rows.flatMap(([id, alert]) => (alert.alert_class === "short-term" ? [id] : []));
  useLayoutEffect(() => {
    const risen = now.find((id) => !before.current.includes(id));
    before.current = now;
    if (risen !== undefined) rowOf(risen)?.scrollIntoView({ block: "nearest" });
  });
}

/** Keeps the keyboard where it was when rows move, and in the list when its row is gone. */
function useKeptFocus(
  table: HTMLTableElement | null,
  rows: readonly (readonly [string, AlertView])[],
): void {
  const before = document.activeElement?.closest<HTMLElement>(".alerts-row") ?? null;
  const place = before === null ? -1 : [...(before.parentElement?.children ?? [])].indexOf(before);
  const id = before?.dataset["id"];
  useLayoutEffect(() => {
    if (id === undefined || document.activeElement?.closest(".alerts-row")) return;
    const next = rows.find(([each]) => each === id) ?? rows[Math.min(place, rows.length - 1)];
    if (next !== undefined && table?.isConnected) goTo(next[0]);
  });
}
