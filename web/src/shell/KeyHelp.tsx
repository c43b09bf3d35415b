// All keys in force, by room, each with a box that turns it off; `?` opens it.
import { signal } from "@preact/signals";
import { Dialog, Ltr } from "../look/kit";
import { say } from "../text/language";
import { bound, type Key, keysOff, nameOfKey } from "./keys";
import { keysOn } from "./state";
import { TEXTS } from "./texts";

/** Whether the list of keys is open. */
export const isHelpOpen = signal(false);

const ROOMS = {
  frame: "roomFrame",
  map: "map",
  "map search": "roomSearch",
  alerts: "alerts",
  hotline: "messages",
  line: "lines",
  time: "time",
  verify: "roomVerify",
  sign: "roomSign",
} as const;

const NAMED = {
  " ": "keySpace",
  ArrowUp: "keyUp",
  ArrowDown: "keyDown",
  ArrowLeft: "keyLeft",
  ArrowRight: "keyRight",
  Escape: "keyEscape",
} as const;

function roomText(room: string): string {
  return room in ROOMS ? say(TEXTS, ROOMS[room as keyof typeof ROOMS]) : room;
}

function keyText(key: string): string {
  const parts = key.split("+");
  // "+" is a key too.
  const last = key.endsWith("+") ? "+" : (parts.pop() ?? key);
  const held = key.endsWith("+") ? parts.filter((each) => each !== "") : parts;
  const named = last in NAMED ? say(TEXTS, NAMED[last as keyof typeof NAMED]) : last;
  return [...held, named].join(" + ");
}

/** Turns a key off, or on again. */
export function turnKey(name: string, on: boolean): void {
  const next = new Set(keysOff.value);
  if (on) next.delete(name);
  else next.add(name);
  keysOff.value = next;
}

/** The dialog. */
export function KeyHelp() {
  const rooms = [...bound.value].filter(([, keys]) => keys.length > 0);
  return (
    <Dialog
      open={isHelpOpen.value}
      title={say(TEXTS, "keysTitle")}
      class="key-help"
      onClose={() => {
        isHelpOpen.value = false;
      }}
    >
      <p>{say(TEXTS, keysOn.value ? "keysTold" : "keysAllOff")}</p>
      <div class="key-rooms">
        {rooms.map(([room, keys]) => (
          <section key={room} aria-label={roomText(room)}>
            <h3>{roomText(room)}</h3>
            <ul>
              {keys.map((key) => (
                <KeyLine key={key.key} room={room} of={key} />
              ))}
            </ul>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

function KeyLine({ room, of }: { room: string; of: Key }) {
  const name = nameOfKey(room, of);
  return (
    <li>
      <label>
        <input
          type="checkbox"
          checked={!keysOff.value.has(name)}
          onChange={(event) => turnKey(name, event.currentTarget.checked)}
        />
        <kbd>
          <Ltr>{keyText(of.key)}</Ltr>
        </kbd>
        <span>{of.told()}</span>
      </label>
    </li>
  );
}
