// Rings of longitude and latitude on a map that has an edge: over the antimeridian and round a pole.
import { nearLon } from "./geodesy";

export type Point = [number, number];

const GRID = 12;

/** Returns a ring whose longitudes never jump; one round a pole is led along the map's edge. */
export function unwrapped(ring: readonly (readonly number[])[]): Point[] {
  const made: Point[] = [];
  for (const [lon = 0, lat = 0] of ring) {
    const last = made.at(-1);
    made.push([last === undefined ? lon : nearLon(lon, last[0]), lat]);
  }
  const [first, last] = [made[0], made.at(-1)];
  if (first === undefined || last === undefined) return made;
  if (Math.abs(last[0] - first[0]) > 180) {
    const mean = made.reduce((sum, point) => sum + point[1], 0) / made.length;
    const pole = mean < 0 ? -90 : 90;
    made.push([last[0], pole], [first[0], pole]);
  }
  return closed(made);
}

/** Returns a polygon's rings unwrapped, the inner ones within the outer, and all of it about 0. */
export function unwrappedPolygon(rings: readonly (readonly (readonly number[])[])[]): Point[][] {
  const [first, ...others] = rings.map(unwrapped);
  const box = first === undefined ? null : boundsOf(first, false);
  if (first === undefined || box === null) return [];
  const middle = (box.west + box.east) / 2;
  const home = nearLon(middle, 0) - middle;
  const outer = first.map(([lon, lat]): Point => [lon + home, lat]);
  return [outer, ...others.map((ring) => besideLon(ring, middle + home))];
}

/** Returns a ring that ends where it begins. */
export function closed(ring: readonly Point[]): Point[] {
  const [first, last] = [ring[0], ring.at(-1)];
  if (first === undefined || last === undefined) return [...ring];
  const same = first[0] === last[0] && first[1] === last[1];
  return same ? [...ring] : [...ring, [first[0], first[1]]];
}

/** Returns a ring moved by whole turns so that its middle lies beside a longitude. */
export function besideLon(ring: readonly Point[], aboutDeg: number): Point[] {
  const box = boundsOf(ring, false);
  if (box === null) return [];
  const middle = (box.west + box.east) / 2;
  const shift = nearLon(middle, aboutDeg) - middle;
  return ring.map(([lon, lat]) => [lon + shift, lat]);
}

/** Says whether a point is inside a ring. */
export function isInside([x, y]: Point, ring: readonly Point[]): boolean {
  let inside = false;
  let before = ring.at(-1);
  for (const here of ring) {
    if (before !== undefined && here[1] > y !== before[1] > y) {
      const at = ((before[0] - here[0]) * (y - here[1])) / (before[1] - here[1]) + here[0];
      if (x < at) inside = !inside;
    }
    before = here;
  }
  return inside;
}

/** Says whether a ring can be cut out of another as a hole: wholly inside of it. */
export function isHoleOf(hole: readonly Point[], outer: readonly Point[]): boolean {
  return (
    hole.length > 2 &&
    hole.every((point) => isInside(point, outer)) &&
    !outer.some((point) => isInside(point, hole))
  );
}

/** Returns a place inside a ring and outside of its holes, as far from all their edges as it goes. */
export function roomiest(
  outer: readonly Point[],
  holes: readonly (readonly Point[])[],
): Point | null {
  const box = boundsOf(outer, false);
  if (box === null) return null;
  // A degree of longitude is shorter: distances are compared where it lies.
  const narrow = Math.cos((((box.south + box.north) / 2) * Math.PI) / 180);
  let best: { size: number; at: Point } | null = null;
  for (let column = 1; column < GRID; column += 1) {
    for (let row = 1; row < GRID; row += 1) {
      const at: Point = [
        box.west + ((box.east - box.west) * column) / GRID,
        box.south + ((box.north - box.south) * row) / GRID,
      ];
      if (!isInside(at, outer) || holes.some((hole) => isInside(at, hole))) continue;
      const size = Math.min(...[outer, ...holes].map((ring) => apart(at, ring, narrow)));
      if (size > (best?.size ?? 0)) best = { size, at };
    }
  }
  return best?.at ?? null;
}

function apart([x, y]: Point, ring: readonly Point[], narrow: number): number {
  let least = Number.POSITIVE_INFINITY;
  let before = ring.at(-1);
  for (const here of ring) {
    if (before !== undefined) {
      const [ax, ay] = [(before[0] - x) * narrow, before[1] - y];
      const [dx, dy] = [(here[0] - before[0]) * narrow, here[1] - before[1]];
      const size = dx * dx + dy * dy;
      const share = size === 0 ? 0 : Math.max(0, Math.min(1, -(ax * dx + ay * dy) / size));
      least = Math.min(least, Math.hypot(ax + dx * share, ay + dy * share));
    }
    before = here;
  }
  return least;
}

/** A box of degrees; `east` may lie beyond 180. */
export interface Bounds {
  west: number;
  south: number;
  east: number;
  north: number;
}

/** Returns the box of points; null for none.
 *
 * @param wraps whether each point is taken beside those before it, whichever turn it is written in.
 */
export function boundsOf(points: Iterable<readonly [number, number]>, wraps = true): Bounds | null {
  let found: Bounds | null = null;
  for (const [lonDeg, lat] of points) {
    if (found === null) {
      found = { west: lonDeg, south: lat, east: lonDeg, north: lat };
      continue;
    }
    const lon = wraps ? nearLon(lonDeg, (found.west + found.east) / 2) : lonDeg;
    found.west = Math.min(found.west, lon);
    found.east = Math.max(found.east, lon);
    found.south = Math.min(found.south, lat);
    found.north = Math.max(found.north, lat);
  }
  return found;
}

/** Returns the middle of the largest ring: where a name goes. */
export function labelOf(rings: readonly (readonly Point[])[]): Point | null {
  let best: { size: number; at: Point } | null = null;
  for (const ring of rings) {
    let [twice, x, y] = [0, 0, 0];
    let before = ring.at(-1);
    for (const here of ring) {
      if (before !== undefined) {
        const cross = before[0] * here[1] - here[0] * before[1];
        twice += cross;
        x += (before[0] + here[0]) * cross;
        y += (before[1] + here[1]) * cross;
      }
      before = here;
    }
    const size = Math.abs(twice);
    if (size > 0 && size > (best?.size ?? 0))
      best = { size, at: [x / (3 * twice), y / (3 * twice)] };
  }
  return best?.at ?? null;
}
