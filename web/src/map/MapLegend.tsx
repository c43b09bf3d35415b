// What the signs of the map mean; closed until somebody asks.
import type { ComponentChildren } from "preact";
import { units, vectorMin } from "../shell/state";
import { say } from "../text/language";
import { TEXTS } from "./texts";

const SQUARE = <rect x="-5" y="-5" width="10" height="10" />;

interface RowProps {
  told: string;
  children: ComponentChildren;
}

function Row({ told, children }: RowProps) {
  return (
    <li>
      <svg class="map-sign" viewBox="-16 -16 32 32" aria-hidden="true" focusable="false">
        {children}
      </svg>
      {told}
    </li>
  );
}

/** The legend. */
export function MapLegend() {
  return (
    <details class="map-legend">
      <summary>{say(TEXTS, "legend")}</summary>
      <ul>
        <AircraftRows />
        <AlertRows />
        <AreaRows />
      </ul>
    </details>
  );
}

function AircraftRows() {
  return (
    <>
      <Row told={say(TEXTS, "legendOwn")}>
        <g class="map-full map-own">{SQUARE}</g>
      </Row>
      <Row told={say(TEXTS, "legendOther")}>
        <path class="map-full map-other" d="M0-7 7 0 0 7-7 0z" />
      </Row>
      <Row told={say(TEXTS, "legendThird")}>
        <circle class="map-full map-third" r="5.5" />
      </Row>
      <Row told={say(TEXTS, "legendWatched")}>
        <g class="map-full map-own">{SQUARE}</g>
      </Row>
      <Row told={say(TEXTS, "legendCoasting")}>
        <g class="map-hollow">{SQUARE}</g>
      </Row>
      <Row told={say(TEXTS, "legendStale")}>
        <g class="map-hollow">
          {SQUARE}
          <path d="M-5-5 5 5M-5 5 5-5" />
        </g>
      </Row>
      <Row told={say(TEXTS, "legendFlagged")}>
        <g class="map-hollow">
          {SQUARE}
          <circle r="1" />
        </g>
      </Row>
      <Row told={say(TEXTS, "legendOne")}>
        <g class="map-hollow">
          {SQUARE}
          <path d="M-3 0H3" />
        </g>
      </Row>
    </>
  );
}

function AlertRows() {
  const unit = units.value === "aviation" ? "kt" : "km/h";
  return (
    <>
      <Row told={say(TEXTS, "legendCoordinate")}>
        <circle class="map-ring" r="10" />
      </Row>
      <Row told={say(TEXTS, "legendOwnMove")}>
        <g class="map-ring">
          <circle r="9" />
          <circle r="13" />
        </g>
      </Row>
      <Row told={say(TEXTS, "legendShort")}>
        <g class="map-ring map-short">
          <circle r="8.5" />
          <circle r="14" />
        </g>
      </Row>
      {vectorMin.value > 0 && (
        <Row told={say(TEXTS, "legendVector", { n: vectorMin.value })}>
          <path class="map-hollow" d="M-14 0H14" />
        </Row>
      )}
      <Row told={say(TEXTS, "legendBlock", { unit })}>
        <text class="map-sample" x="0" y="4">
          210↑
        </text>
      </Row>
    </>
  );
}

function AreaRows() {
  return (
    <>
      <Row told={say(TEXTS, "legendHot")}>
        <Hatch asked={false} />
      </Row>
      <Row told={say(TEXTS, "legendUnknown")}>
        <Hatch asked={true} />
      </Row>
      <Row told={say(TEXTS, "legendCold")}>
        <rect class="map-line" x="-14" y="-10" width="28" height="20" />
      </Row>
      <Row told={say(TEXTS, "legendOneSided")}>
        <rect class="map-line map-broken" x="-14" y="-10" width="28" height="20" />
      </Row>
      <Row told={say(TEXTS, "legendHole")}>
        <Hatch asked={false} />
        <circle class="map-cut" r="5" />
      </Row>
      <Row told={say(TEXTS, "legendIntent")}>
        <rect class="map-intent" x="-14" y="-10" width="28" height="20" />
      </Row>
      <Row told={say(TEXTS, "legendBand")}>
        <rect class="map-band" x="-14" y="-7" width="28" height="14" />
        <path class="map-line" d="M-14 0H14" />
      </Row>
    </>
  );
}

function Hatch({ asked }: { asked: boolean }) {
  return (
    <g class="map-line">
      <rect x="-14" y="-10" width="28" height="20" />
      <path d="M-14 2-2-10M-14 10 6-10M-6 10 14-10M2 10 14-2" />
      {asked && (
        <text class="map-asked" x="0" y="5">
          ?
        </text>
      )}
    </g>
  );
}
