// The camera over MapLibre: north up, flat, one copy of the world, kept over a reload.
import { Map as GroundMap, type LngLatLike, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { MapView } from "../api/types";
import type { TrackFrame } from "../live/frames";
import { wantsStill } from "../look/tokens";
import { type View, viewOf } from "./fixed";
import type { LonLat } from "./geodesy";
import type { Palette } from "./palette";
import { isOnMap } from "./reckoning";
import { type Bounds, boundsOf } from "./rings";
import { styleOf } from "./style";

const KEPT = "parley.map.camera";
const ZOOM_MAX = 19;
const FIT_PX = 60;

interface Kept {
  lonDeg: number;
  latDeg: number;
  zoom: number;
}

/** The camera. */
export class Camera {
  readonly map: GroundMap;
  /** Whether the view was chosen: kept, fitted, or moved by the reader. */
  isChosen: boolean;

  constructor(container: HTMLElement, palette: Palette, title: string) {
    // Without it MapLibre looks for its worker beside a file that a build does not have.
    setWorkerUrl(workerUrl);
    const kept = read();
    this.isChosen = kept !== null;
    this.map = new GroundMap({
      container,
      style: styleOf(palette),
      center: kept === null ? [0, 20] : [kept.lonDeg, kept.latDeg],
      zoom: kept?.zoom ?? 1.5,
      minZoom: leastZoom(container.clientWidth),
      maxZoom: ZOOM_MAX,
      maxPitch: 0,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      attributionControl: false,
      fadeDuration: 0,
      locale: { "Map.Title": title },
    });
    this.map.keyboard.disableRotation();
    this.map.touchZoomRotate.disableRotation();
    this.map.on("moveend", () => this.keep());
    this.map.on("resize", () => this.map.setMinZoom(leastZoom(container.clientWidth)));
    this.map.on("movestart", (event) => {
      if (event.originalEvent !== undefined) this.isChosen = true;
    });
  }

  private keep(): void {
    if (!this.isChosen) return;
    const { lng, lat } = this.map.getCenter();
    const kept: Kept = { lonDeg: lng, latDeg: lat, zoom: this.map.getZoom() };
    sessionStorage.setItem(KEPT, JSON.stringify(kept));
  }

  view(): View {
    const { lng, lat } = this.map.getCenter();
    const { clientWidth, clientHeight } = this.map.getContainer();
    return viewOf(lng, lat, this.map.getZoom(), clientWidth, clientHeight);
  }

  /** Shows a box as large as it goes. */
  fit(box: Bounds, zoomMax = 11, moves = true): void {
    this.isChosen = true;
    const low = Math.max(box.south, -84);
    const high = Math.min(box.north, 84);
    const { clientWidth, clientHeight } = this.map.getContainer();
    const padding = Math.min(FIT_PX, clientWidth / 5, clientHeight / 5);
    this.map.fitBounds(
      [
        [box.west, low],
        [box.east, high],
      ],
      {
        padding,
        maxZoom: zoomMax,
        animate: moves && !wantsStill.peek(),
        duration: 400,
      },
    );
  }

  /** Brings a place into view, if it is not there, without changing the scale. */
  bring(place: LonLat): void {
    if (this.holds([[place.lonDeg, place.latDeg]])) return;
    this.isChosen = true;
    this.map.easeTo({ center: centre(place), animate: !wantsStill.peek(), duration: 400 });
  }

  /** Brings all of something into view, if any of it is not there. */
  bringAll(points: readonly (readonly [number, number])[]): void {
    const box = boundsOf(points);
    if (box === null || this.holds(points)) return;
    this.fit(box, Math.max(this.map.getZoom(), 5));
  }

  /** Keeps a place in the middle. */
  centreOn(place: LonLat): void {
    this.isChosen = true;
    this.map.jumpTo({ center: centre(place) });
  }

  private holds(points: readonly (readonly [number, number])[]): boolean {
    const { clientWidth, clientHeight } = this.map.getContainer();
    const middle = this.map.getCenter().lng;
    return points.every(([lon, lat]) => {
      const near = lon - 360 * Math.round((lon - middle) / 360);
      const { x, y } = this.map.project([near, lat]);
      // Not below the search box or the tools either, on whichever side they are.
      return x > 56 && y > 56 && x < clientWidth - 56 && y < clientHeight - 56;
    });
  }

  /** Returns the box in view with a margin, west and east within 180. */
  box(margin: number): Bounds {
    const bounds = this.map.getBounds();
    const [west, east] = [bounds.getWest(), bounds.getEast()];
    const [wide, high] = [(east - west) * margin, (bounds.getNorth() - bounds.getSouth()) * margin];
    const whole = east - west + 2 * wide >= 360;
    return {
      west: whole ? -180 : wrapped(west - wide),
      east: whole ? 180 : wrapped(east + wide),
      south: Math.max(-90, bounds.getSouth() - high),
      north: Math.min(90, bounds.getNorth() + high),
    };
  }
}

function centre({ lonDeg, latDeg }: LonLat): LngLatLike {
  return [lonDeg, latDeg];
}

function wrapped(lonDeg: number): number {
  return lonDeg - 360 * Math.round(lonDeg / 360);
}

/** Below it the world would be there twice, and aircraft in one of both only. */
function leastZoom(widthPx: number): number {
  return Math.max(0.5, Math.log2(Math.max(widthPx, 512) / 512) + 0.01);
}

function read(): Kept | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null") as Partial<Kept> | null;
    const numbers = [kept?.lonDeg, kept?.latDeg, kept?.zoom];
    return numbers.every((each) => Number.isFinite(each)) ? (kept as Kept) : null;
  } catch {
    return null;
  }
}

/** Returns the box of the agreements' zones and boundaries; null where they have none. */
export function boundsOfAgreements(view: MapView): Bounds | null {
  const points = [
    ...view.zones.flatMap((zone) => zone.shape.rings[0] ?? []),
    ...view.boundaries.flatMap((boundary) => boundary.line),
  ];
  return boundsOf(points);
}

/** Returns the box of the aircraft that the map has a place for. */
export function boundsOfTracks(frame: TrackFrame): Bounds | null {
  const points: [number, number][] = [];
  for (let index = 0; index < frame.count; index += 1) {
    const latE7 = frame.latE7[index] ?? 0;
    if (isOnMap(latE7)) points.push([(frame.lonE7[index] ?? 0) / 1e7, latE7 / 1e7]);
  }
  return boundsOf(points);
}
