// Choosing what kind of message it is: by class, found by code or by words of any language, by keys.
import { useId, useRef, useState } from "preact/hooks";
import { Ltr } from "../look/kit";
import type { MessageTypeNorms } from "../terms/kinds";
import { language, say } from "../text/language";
import { COMPOSE_TEXTS } from "./composetexts";
import { fieldName, phrase, slotsOf, withCode } from "./phrase";
import { CLASSES } from "./ranks";
import { typesFound } from "./types";

/** The list of types; `onChoose` gets the one that was chosen. */
export function TypePicker({
  chosen,
  onChoose,
}: {
  chosen: string;
  onChoose: (type: string) => void;
}) {
  const [sought, setSought] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const tongue = language.value;
  const found = typesFound(sought, tongue);
  const active = Math.min(at, found.length - 1);
  const move = (event: KeyboardEvent) => {
    const to = stepTo(event.key, active, found.length);
    if (event.key === "Enter") {
      event.preventDefault();
      const kind = found[active];
      if (kind) onChoose(kind.name);
    } else if (to !== undefined) {
      event.preventDefault();
      setAt(to);
      list.current?.querySelectorAll('[role="option"]')[to]?.scrollIntoView({ block: "nearest" });
    }
  };
  return (
    <div class="hot-types">
      <label for={`${id}-search`}>{say(COMPOSE_TEXTS, "typeSearch")}</label>
      <input
        id={`${id}-search`}
        type="search"
        {...(chosen === "" ? { "data-first": true } : {})}
        // biome-ignore lint/a11y/noRedundantRoles: a box has it by itself only with a list of its own
        role="combobox"
        list={undefined}
        aria-expanded="true"
        aria-controls={`${id}-list`}
        {...(found[active] ? { "aria-activedescendant": `${id}-${active}` } : {})}
        autocomplete="off"
        value={sought}
        onInput={(event) => {
          setSought(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={move}
      />
      <div
        class="hot-type-list"
        role="listbox"
        id={`${id}-list`}
        ref={list}
        aria-label={say(COMPOSE_TEXTS, "typeSearch")}
      >
        {CLASSES.map((each) => (
          <OfClass
            key={each}
            name={each}
            id={id}
            found={found}
            active={active}
            chosen={chosen}
            onChoose={onChoose}
          />
        ))}
        {found.length === 0 && <p class="hot-quiet">{say(COMPOSE_TEXTS, "noType")}</p>}
      </div>
    </div>
  );
}

/** Returns where a key leads in a list, never out of it; undefined: it leads nowhere. */
function stepTo(key: string, at: number, count: number): number | undefined {
  const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: count - 1 };
  const to = Object.hasOwn(steps, key) ? steps[key as keyof typeof steps] : undefined;
  return to === undefined ? undefined : Math.max(0, Math.min(count - 1, to));
}

/** The types of one class that were found. */
function OfClass({
  name,
  id,
  found,
  active,
  chosen,
  onChoose,
}: {
  name: string;
  id: string;
  found: readonly MessageTypeNorms[];
  active: number;
  chosen: string;
  onChoose: (type: string) => void;
}) {
  const told = withCode("class", name, language.value);
  const kinds = found.filter((kind) => kind.class === name);
  if (kinds.length === 0) return null;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a group of options has no element of its own
    <div role="group" aria-label={told}>
      <div class="hot-type-class" aria-hidden="true">
        {told}
      </div>
      {kinds.map((kind) => (
        <Option
          key={kind.name}
          id={`${id}-${found.indexOf(kind)}`}
          kind={kind}
          active={found.indexOf(kind) === active}
          chosen={kind.name === chosen}
          onChoose={() => onChoose(kind.name)}
        />
      ))}
    </div>
  );
}

function Option({
  id,
  kind,
  active,
  chosen,
  onChoose,
}: {
  id: string;
  kind: MessageTypeNorms;
  active: boolean;
  chosen: boolean;
  onChoose: () => void;
}) {
  const tongue = language.value;
  // Each slot by its field's name: "Level {level}" reads "Level ‹level›".
  const slots = Object.fromEntries(
    slotsOf(kind.name).map((name) => [name, `‹${fieldName(name, tongue)}›`]),
  );
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the search field has the keys of the list
    <div
      id={id}
      class="hot-type-option"
      role="option"
      tabIndex={-1}
      aria-selected={chosen}
      data-active={active}
      data-type={kind.name}
      onClick={onChoose}
    >
      <Ltr class="hot-type">{kind.name}</Ltr>
      <span class="hot-quiet">{phrase(kind.name, slots, tongue)}</span>
    </div>
  );
}
