// The words over the map: what instant it is of, what is being done with it, what it does not show.
import { isHeard } from "../live/clock";
import { bearingText, clockText, coordinateText, distanceText, instantText } from "../look/units";
import { asOfUs } from "../shell/ages";
import { cursorUs, map, mode } from "../shell/state";
import { say } from "../text/language";
import { notDrawn } from "./features";
import { type LonLat, wayBetween } from "./geodesy";
import { following, frameUs, graphics, hint, isFrameLate, measured, tally } from "./mapstate";
import { picking } from "./picking";
import { TEXTS } from "./texts";

/** The instant that the picture is of, wherever that is not now. */
export function MapStamp() {
  const late = !isHeard.value || isFrameLate.value;
  let text = "";
  if (graphics.value === "lost") text = say(TEXTS, "graphicsLost");
  else if (mode.value === "REPLAY") {
    text = say(TEXTS, "asOfPast", { time: instantText(cursorUs.value) });
  } else if (late) {
    text =
      frameUs.value === 0
        ? say(TEXTS, "noFrame")
        : say(TEXTS, "asOf", {
            time: clockText(isHeard.value ? frameUs.value : Math.min(frameUs.value, asOfUs.value)),
          });
  } else if (mode.value === "PLAN") {
    text = say(TEXTS, "planStamp", { time: instantText(cursorUs.value) });
  }
  if (text === "") return null;
  return (
    <p class="map-stamp" data-late={late || graphics.value === "lost"}>
      {text}
    </p>
  );
}

const PICKED = {
  position: "pickPosition",
  zone: "pickZone",
  aircraft: "pickAircraft",
  boundary: "pickBoundary",
} as const;

/** What is being measured, chosen or followed. */
export function MapTask() {
  return (
    <div class="map-task" role="status">
      <TaskText />
    </div>
  );
}

function TaskText() {
  const wish = picking.value;
  if (wish !== null) {
    return (
      <p>
        <strong>{say(TEXTS, PICKED[wish.wanted])}</strong> {say(TEXTS, "pickKeys")}
      </p>
    );
  }
  const places = measured.value;
  if (places !== null) {
    return (
      <p>
        <Measured /> {say(TEXTS, "measureEnd")}
      </p>
    );
  }
  if (hint.value !== "") return <p>{hint.value}</p>;
  if (following.value === null) return null;
  return <p>{say(TEXTS, "following", { aircraft: following.value })}</p>;
}

function placeText({ latDeg, lonDeg }: LonLat): string {
  return coordinateText(latDeg, lonDeg, 2);
}

function Measured() {
  const [from, to] = measured.value ?? [];
  if (from === undefined) return <>{say(TEXTS, "measureFirst")}</>;
  if (to === undefined) return <>{say(TEXTS, "measureSecond", { place: placeText(from) })}</>;
  const { metres, bearingDeg, method } = wayBetween(from, to);
  const bearing = bearingText(metres < 1 ? null : bearingDeg);
  return (
    <strong class="map-measured">
      {say(TEXTS, "measured", {
        distance: distanceText(metres),
        bearing,
        method,
        from: placeText(from),
        to: placeText(to),
      })}
    </strong>
  );
}

/** What the picture holds, and what it does not show. */
export function MapNotes() {
  const now = tally.value;
  const view = map.value;
  const missing = view === null ? [] : notDrawn(view);
  const notes = notesOf(now);
  if (view !== null && view.left_out > 0)
    notes.push(say(TEXTS, "intentsLeft", { n: view.left_out }));
  const layers = [...new Set((view?.layers ?? []).map(({ layer }) => layer))];
  if (layers.length > 0) notes.push(say(TEXTS, "behind", { names: layers.join(", ") }));
  return (
    <div class="map-notes">
      <p class="map-tally">{notes.join(" · ")}</p>
      {missing.length > 0 && (
        <details class="map-missing">
          <summary>{say(TEXTS, "notDrawnList", { n: missing.length })}</summary>
          <ul>
            {missing.map(({ name, why }) => (
              <li key={`${name} ${why}`}>{say(TEXTS, "notDrawn", { name, why })}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

function notesOf(now: typeof tally.value): string[] {
  if (!now.came) return [say(TEXTS, "noFrame")];
  if (now.known === 0) return [say(TEXTS, "countNone")];
  const notes = [say(TEXTS, "count", { n: now.known }), say(TEXTS, "inView", { n: now.inView })];
  const add = (
    n: number,
    what: "statusCoasting" | "statusStale" | "statusFlagged" | "statusOne",
  ) => {
    if (n > 0) notes.push(say(TEXTS, "byStatus", { n, what: say(TEXTS, what) }));
  };
  add(now.coasting, "statusCoasting");
  add(now.stale, "statusStale");
  add(now.flagged, "statusFlagged");
  add(now.one, "statusOne");
  if (now.leftOut > 0) notes.push(say(TEXTS, "outside", { n: now.leftOut }));
  if (now.beyondEdge > 0) notes.push(say(TEXTS, "beyondEdge", { n: now.beyondEdge }));
  if (now.withoutBlock > 0) notes.push(say(TEXTS, "labelsLeft", { n: now.withoutBlock }));
  return notes;
}
