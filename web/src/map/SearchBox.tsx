// The search box: a name, what it finds, and Enter goes there; it also chooses for forms elsewhere.
import { useEffect, useRef, useState } from "preact/hooks";
import { bindKeys } from "../shell/keys";
import { frame, map, names, selection } from "../shell/state";
import { say } from "../text/language";
import type { Board } from "./board";
import { answerPicking, giveUpPicking, type Picked, picking } from "./picking";
import { type Found, search } from "./search";
import { TEXTS } from "./texts";

/** A field with a list below it; the list is our own, not the browser's. */
const COMBOBOX = { role: "combobox", list: undefined, "aria-autocomplete": "list" } as const;

/** Returns what a find answers to a wish; null: it is of another kind. */
function pickedOf(board: Board, found: Found): Picked | null {
  const wanted = picking.peek()?.wanted;
  if (wanted === "position") {
    const place = found.kind === "aircraft" ? board.placeOf(found.name) : found.at;
    return place === null ? null : { kind: "position", ...place };
  }
  const chosen = found.selection;
  if (chosen === null || chosen.kind !== wanted) return null;
  return chosen as Picked;
}

function go(board: Board, found: Found): void {
  if (picking.peek() !== null) {
    const value = pickedOf(board, found);
    if (value !== null) answerPicking(value);
    return;
  }
  if (found.selection !== null) selection.value = found.selection;
  else if (found.at !== null) board.camera.centreOn(found.at);
}

/** The search box. */
export function SearchBox({ board }: { board: Board }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [open, setOpen] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(
    () =>
      bindKeys("map search", [
        { key: "/", told: () => say(TEXTS, "find"), does: () => field.current?.focus() },
      ]),
    [],
  );
  const wish = picking.value;
  useEffect(() => {
    if (wish !== null) field.current?.focus();
  }, [wish]);
  const found = open ? foundNow(text) : [];
  const chosen = found[Math.min(at, found.length - 1)];
  const take = (each: Found): void => {
    go(board, each);
    setText("");
    setOpen(false);
    field.current?.blur();
    board.map.getCanvas().focus();
  };
  const keyed = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown") setAt(Math.min(at + 1, found.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
    else if (event.key === "Enter" && chosen !== undefined) take(chosen);
    else if (event.key === "Escape") leave();
    else return;
    event.preventDefault();
  };
  const leave = (): void => {
    if (picking.peek() !== null) giveUpPicking();
    setText("");
    setOpen(false);
    board.map.getCanvas().focus();
  };
  return (
    <div class="map-search">
      <input
        ref={field}
        type="search"
        {...COMBOBOX}
        aria-label={say(TEXTS, "findLabel")}
        {...{ "aria-expanded": found.length > 0, "aria-controls": "map-found" }}
        {...(chosen === undefined
          ? {}
          : { "aria-activedescendant": `map-found-${found.indexOf(chosen)}` })}
        placeholder={`${say(TEXTS, "find")}  /`}
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
          setOpen(true);
        }}
        onKeyDown={keyed}
        onBlur={() => setOpen(false)}
      />
      <FoundList found={found} chosen={chosen} take={take} />
      <FoundCount count={open && text.trim() !== "" ? found.length : null} />
    </div>
  );
}

function FoundCount({ count }: { count: number | null }) {
  const told = count === 0 ? say(TEXTS, "foundNone") : say(TEXTS, "found", { n: count ?? 0 });
  return (
    <p class="map-found-count" role="status">
      {count === null ? "" : told}
    </p>
  );
}

function foundNow(text: string): Found[] {
  // Looked at once for each letter typed: the list must not move below the reader's finger.
  const there = new Set(frame.peek().number);
  return search(text, map.peek(), names.peek(), (number) => there.has(number));
}

interface ListProps {
  found: readonly Found[];
  chosen: Found | undefined;
  take: (each: Found) => void;
}

function FoundList({ found, chosen, take }: ListProps) {
  return (
    <div
      id="map-found"
      class="map-found"
      role="listbox"
      aria-label={say(TEXTS, "find")}
      hidden={found.length === 0}
    >
      {found.map((each, index) => (
        <div
          key={each.key}
          id={`map-found-${index}`}
          role="option"
          aria-selected={each.key === chosen?.key}
          tabIndex={-1}
          onMouseDown={(event) => {
            event.preventDefault();
            take(each);
          }}
        >
          <bdi dir="auto">{each.name}</bdi>{" "}
          <span class="map-found-kind">
            {say(TEXTS, each.kind)} <bdi>{each.of}</bdi>
          </span>
        </div>
      ))}
    </div>
  );
}
