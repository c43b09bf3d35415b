// Numbers as people read them. Stored values are never converted: only what is shown is.
//
// Every text from here is isolated and left-to-right by itself (U+2066, U+2069): a level read
// backwards is a hazard. What is not known is "---", as on any radar screen, never 0. A number that
// is compared with a minimum goes through `marginText`, which never makes it larger than it is.
import { units } from "../shell/state";
import { language, type Table } from "../text/language";

export const METRES_PER_NM = 1852;
export const METRES_PER_FOOT = 0.3048;
const SECONDS_PER_HOUR = 3600;
/** Division leaves such a part of a unit below a whole number that was meant. */
const TINY = 1e-9;
const UNKNOWN = "---";
const SPANS: Table<"d" | "h" | "min"> = {
  en: { d: "d", h: "h", min: "min" },
  ru: { d: "дн", h: "ч", min: "мин" },
  ar: { d: "ي", h: "س", min: "د" },
};

/** Returns a text that keeps its order in a text from the right. */
export function ltr(text: string): string {
  return `\u2066${text}\u2069`;
}

/** Returns a text without its isolates, for comparing and for files. */
export function bare(text: string): string {
  return text.replace(/[\u2066-\u2069]/g, "");
}

/** Returns a whole number with a true minus; never "−0". */
function whole(value: number): string {
  const rounded = Math.round(value);
  return rounded < 0 ? `−${-rounded}` : `${rounded}`;
}

/** Returns one decimal below ten and whole numbers from there: 9.96 is "10", not "10.0". */
function short(value: number): string {
  const tenths = Math.round(Math.abs(value) * 10) / 10;
  if (tenths >= 10) return whole(value);
  return `${value < 0 && tenths > 0 ? "−" : ""}${tenths.toFixed(1)}`;
}

// ---- lengths ------------------------------------------------------------------------------------

/** Returns a distance: NM, or km and m. */
export function distanceText(metres: number | null): string {
  if (metres === null || !Number.isFinite(metres)) return ltr(UNKNOWN);
  if (units.value === "aviation") return ltr(`${short(metres / METRES_PER_NM)} NM`);
  if (Math.abs(Math.round(metres)) < 1000) return ltr(`${whole(metres)} m`);
  return ltr(`${short(metres / 1000)} km`);
}

/** Returns a height or a difference of heights: ft (in hundreds from 1,000 on), or m. */
export function heightText(metres: number | null): string {
  return ltr(plainHeight(metres));
}

function plainHeight(metres: number | null): string {
  if (metres === null || !Number.isFinite(metres)) return UNKNOWN;
  if (units.value === "metric") return `${whole(metres)} m`;
  const feet = metres / METRES_PER_FOOT;
  const step = Math.abs(feet) < 999.5 ? 1 : 100;
  return `${whole(Math.round(feet / step) * step)} ft`;
}

/**
 * Returns a height with its reference: a level on the standard pressure, else feet or metres.
 *
 * Nothing is converted from one reference to another: that needs a pressure with its age.
 *
 * @param metres null where the reference says it all (SFC, UNL), or where it is not known.
 * @param transitionM the transition level where one is known: below it, a height on the standard
 *   pressure is no flight level, and is told with its reference.
 */
export function levelText(metres: number | null, reference: string, transitionM = 0): string {
  if (reference === "SFC" || reference === "UNL") return ltr(reference);
  const isLevel = reference === "STD" && units.value === "aviation" && metres !== null;
  if (isLevel && Number.isFinite(metres) && metres >= transitionM) {
    const hundreds = Math.round(metres / METRES_PER_FOOT / 100);
    if (hundreds >= 0) return ltr(`FL${String(hundreds).padStart(3, "0")}`);
  }
  return ltr(`${plainHeight(metres)} ${reference}`);
}

/**
 * Returns a separation as it is compared with a minimum: never larger than it is.
 *
 * 2.96 NM of 3 NM is "2.9 NM": rounded it would read as kept. Below ten units of the kind to a
 * tenth, from 1,000 ft on to ten feet, else to whole units.
 */
export function marginText(metres: number | null, kind: "distance" | "height"): string {
  if (metres === null || !Number.isFinite(metres)) return ltr(UNKNOWN);
  if (kind === "height") {
    if (units.value === "metric") return ltr(`${whole(floorTo(metres, 1))} m`);
    const feet = metres / METRES_PER_FOOT;
    return ltr(`${whole(floorTo(feet, Math.abs(feet) < 1000 ? 1 : 10))} ft`);
  }
  if (units.value === "aviation") return ltr(`${short(floorShort(metres / METRES_PER_NM))} NM`);
  if (metres < 1000) return ltr(`${whole(floorTo(metres, 1))} m`);
  return ltr(`${short(floorShort(metres / 1000))} km`);
}

function floorShort(value: number): number {
  return floorTo(value, Math.abs(value) < 10 ? 0.1 : 1);
}

function floorTo(value: number, step: number): number {
  const steps = value / step;
  return Math.floor(steps + Math.abs(steps) * TINY) * step;
}

/** Returns an area: square NM, or square km. */
export function areaText(squareMetres: number | null): string {
  if (squareMetres === null || !Number.isFinite(squareMetres)) return ltr(UNKNOWN);
  if (units.value === "aviation") return ltr(`${short(squareMetres / METRES_PER_NM ** 2)} NM²`);
  return ltr(`${short(squareMetres / 1e6)} km²`);
}

// ---- motion -------------------------------------------------------------------------------------

/** Returns a speed: kt, or km/h. */
export function speedText(mps: number | null): string {
  if (mps === null || !Number.isFinite(mps)) return ltr(UNKNOWN);
  if (units.value === "metric") return ltr(`${whole(mps * 3.6)} km/h`);
  return ltr(`${whole((mps * SECONDS_PER_HOUR) / METRES_PER_NM)} kt`);
}

/** Returns a climb (+) or descent (−): ft/min in tens, or m/s. */
export function climbText(mps: number | null): string {
  if (mps === null || !Number.isFinite(mps)) return ltr(UNKNOWN);
  if (units.value === "metric") {
    const tenths = Math.round(mps * 10) / 10;
    const sign = tenths > 0 ? "+" : tenths < 0 ? "−" : "";
    return ltr(`${sign}${Math.abs(tenths).toFixed(1)} m/s`);
  }
  const fpm = Math.round((mps * 60) / METRES_PER_FOOT / 10) * 10;
  return ltr(`${fpm > 0 ? "+" : ""}${whole(fpm)} ft/min`);
}

/** Returns a bearing or course from true north, three figures: north is 360, as it is spoken. */
export function bearingText(degrees: number | null): string {
  if (degrees === null || !Number.isFinite(degrees)) return ltr(UNKNOWN);
  const turned = Math.round(((degrees % 360) + 360) % 360) % 360;
  return ltr(`${String(turned === 0 ? 360 : turned).padStart(3, "0")}°T`);
}

// ---- places -------------------------------------------------------------------------------------

/** Returns a place in degrees and minutes: "35°03.6'N 038°00.0'E". */
export function coordinateText(latDeg: number, lonDeg: number, decimals = 1): string {
  if (!Number.isFinite(latDeg) || !Number.isFinite(lonDeg)) return ltr(UNKNOWN);
  // A ring that goes on beyond 180 degrees is the same place on the other side.
  const within = ((((lonDeg + 180) % 360) + 360) % 360) - 180;
  const lat = angleText(latDeg, 2, "N", "S", decimals);
  const lon = angleText(within === -180 && lonDeg > 0 ? 180 : within, 3, "E", "W", decimals);
  return ltr(`${lat} ${lon}`);
}

function angleText(
  degrees: number,
  figures: number,
  plus: string,
  minus: string,
  decimals: number,
): string {
  // In whole parts of a minute first: 59.96' is the next degree, never 60.0'.
  const scale = 10 ** decimals;
  const parts = Math.round(Math.abs(degrees) * 60 * scale);
  const wholeDegrees = Math.floor(parts / (60 * scale));
  const minutes = (parts - wholeDegrees * 60 * scale) / scale;
  const shown = minutes.toFixed(decimals).padStart(decimals > 0 ? decimals + 3 : 2, "0");
  const letter = degrees < 0 && parts > 0 ? minus : plus;
  return `${String(wholeDegrees).padStart(figures, "0")}°${shown}'${letter}`;
}

// ---- times --------------------------------------------------------------------------------------

/** Returns a span of time without its sign: "1:24", "2 h 05 min", "3 d 4 h". */
export function spanText(seconds: number): string {
  return Number.isFinite(seconds) ? spanFloorText(Math.round(Math.abs(seconds))) : ltr(UNKNOWN);
}

/** Returns a span of time in whole seconds that have passed: what is left is never overstated. */
export function spanFloorText(seconds: number): string {
  if (!Number.isFinite(seconds)) return ltr(UNKNOWN);
  const all = Math.max(0, Math.floor(seconds));
  if (all < 3600) return ltr(`${Math.floor(all / 60)}:${two(all % 60)}`);
  const hours = Math.floor(all / 3600);
  const [one, rest] =
    all < 86_400
      ? [countText(hours, "h"), countText(two(Math.floor(all / 60) % 60), "min")]
      : [countText(Math.floor(all / 86_400), "d"), countText(hours % 24, "h")];
  const text = `${one} ${rest}`;
  // From the left, numbers between Arabic letters would change places.
  return language.value === "ar" ? `\u2067${text}\u2069` : ltr(text);
}

/** Returns a number of days, hours or minutes, not isolated: "24 h". */
export function countText(count: number | string, unit: "d" | "h" | "min"): string {
  return `${count} ${SPANS[language.value][unit]}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function isoOf(instantUs: number): string {
  const day = new Date(Math.floor(instantUs / 1000));
  return Number.isFinite(day.getTime()) ? day.toISOString() : "";
}

/** Returns the time of day of an instant, UTC: "12:41:07Z". */
export function clockText(instantUs: number | null): string {
  const iso = instantUs === null ? "" : isoOf(instantUs);
  return ltr(iso === "" ? "--:--:--Z" : `${iso.slice(11, 19)}Z`);
}

/** Returns the day of an instant, UTC: "2017-06-20". */
export function dayText(instantUs: number | null): string {
  const iso = instantUs === null ? "" : isoOf(instantUs);
  return ltr(iso === "" ? "----------" : iso.slice(0, 10));
}

/** Returns an instant with its day, UTC: "2017-06-20 12:41:07Z". */
export function instantText(instantUs: number | null): string {
  return ltr(`${bare(dayText(instantUs))} ${bare(clockText(instantUs))}`);
}
