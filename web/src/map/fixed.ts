// Places on the Mercator map as whole numbers of 2^-32 of its width (9 mm at the equator).
//
// A difference of two such numbers is exact, and over the antimeridian it goes the short way by
// itself, since it wraps at 32 bits like the map does. So the shader subtracts the view's centre from
// a place before anything is rounded, and nothing jitters however far one zooms in.

/** Units around the world. */
export const AROUND = 2 ** 32;
/** Beyond it the map has no place; such an aircraft is counted, never drawn at the edge. */
export const LAT_DEG_MAX = 85.051128;
export const EARTH_M = 2 * Math.PI * 6_378_137;
const PER_LON_E7 = AROUND / 3.6e9;
const PER_LOG = AROUND / (4 * Math.PI);
const RAD_E7 = Math.PI / 180e7;
const EDGE = 2 ** 31 - 1;

/** Returns the easting of a longitude in 1e-7 degrees. */
export function fixedX(lonE7: number): number {
  return Math.round(lonE7 * PER_LON_E7) | 0;
}

/** Returns the southing of a latitude in 1e-7 degrees; at the map's edge, the edge. */
export function fixedY(latE7: number): number {
  const sine = Math.sin(latE7 * RAD_E7);
  const y = -Math.log((1 + sine) / (1 - sine)) * PER_LOG;
  return y > EDGE ? EDGE : y < -EDGE ? -EDGE : Math.round(y);
}

/** Returns the southing with its fraction, for the view's centre. */
export function exactY(latDeg: number): number {
  const sine = Math.sin((latDeg * Math.PI) / 180);
  return -Math.log((1 + sine) / (1 - sine)) * PER_LOG;
}

export function exactX(lonDeg: number): number {
  return (lonDeg * AROUND) / 360;
}

/** Returns longitude and latitude of a fixed place, in degrees. */
export function degreesOf(x: number, y: number): { lonDeg: number; latDeg: number } {
  const lat = Math.atan(Math.sinh((-2 * Math.PI * y) / AROUND));
  return { lonDeg: (x * 360) / AROUND, latDeg: (lat * 180) / Math.PI };
}

/** Returns how many units a metre is there. */
export function unitsPerMetre(y: number): number {
  return (AROUND / EARTH_M) * Math.cosh((2 * Math.PI * y) / AROUND);
}

/** The view as the shader and the pointer need it. */
export interface View {
  /** Centre: whole units (wrapped to 32 bits) and what is left of them. */
  x: number;
  y: number;
  restX: number;
  restY: number;
  /** Pixels of the screen's own size (CSS) per unit. */
  pxPerUnit: number;
  widthPx: number;
  heightPx: number;
}

/** Returns the view of a camera. */
export function viewOf(
  lonDeg: number,
  latDeg: number,
  zoom: number,
  widthPx: number,
  heightPx: number,
): View {
  const [x, y] = [exactX(lonDeg), exactY(latDeg)];
  const [wholeX, wholeY] = [Math.floor(x), Math.floor(y)];
  return {
    x: wholeX | 0,
    y: wholeY | 0,
    restX: x - wholeX,
    restY: y - wholeY,
    pxPerUnit: (512 * 2 ** zoom) / AROUND,
    widthPx,
    heightPx,
  };
}

/** Returns where on the screen a fixed place is, in CSS pixels from its upper left corner. */
export function onScreen(view: View, x: number, y: number): [number, number] {
  return [
    view.widthPx / 2 + (((x - view.x) | 0) - view.restX) * view.pxPerUnit,
    view.heightPx / 2 + (y - view.y - view.restY) * view.pxPerUnit,
  ];
}

/** Returns where on the screen a longitude and latitude is; the nearest of its copies. */
export function degreesOnScreen(view: View, lonDeg: number, latDeg: number): [number, number] {
  const x = exactX(lonDeg) - view.x;
  const wrapped = x - AROUND * Math.round(x / AROUND);
  return [
    view.widthPx / 2 + (wrapped - view.restX) * view.pxPerUnit,
    view.heightPx / 2 + (exactY(clampLat(latDeg)) - view.y - view.restY) * view.pxPerUnit,
  ];
}

function clampLat(latDeg: number): number {
  return Math.max(-LAT_DEG_MAX, Math.min(LAT_DEG_MAX, latDeg));
}

/** Returns the longitude and latitude at a point of the screen. */
export function screenToDegrees(view: View, leftPx: number, topPx: number) {
  const x = view.x + view.restX + (leftPx - view.widthPx / 2) / view.pxPerUnit;
  const y = view.y + view.restY + (topPx - view.heightPx / 2) / view.pxPerUnit;
  const { lonDeg, latDeg } = degreesOf(x, y);
  return { lonDeg: lonDeg - 360 * Math.round(lonDeg / 360), latDeg };
}
