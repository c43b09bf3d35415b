import { beforeEach, describe, expect, test } from "vitest";
import type { MapBoundary, MapView, MapZone, ScreenView, ZoneShown } from "../api/types";
import { units } from "../shell/state";
import { language } from "../text/language";
import {
  boundaryFeatures,
  intentFeatures,
  isActive,
  keyOf,
  middleOf,
  notDrawn,
  partsOf,
  sidedText,
  zoneFeatures,
  zoneLook,
  zoneState,
} from "./features";
import {
  isHoleOf,
  isInside,
  labelOf,
  type Point,
  roomiest,
  unwrapped,
  unwrappedPolygon,
} from "./rings";

const SQUARE: Point[] = [
  [178, -18],
  [182, -18],
  [182, -16],
  [178, -16],
];
const LIMIT = { value_m: null, reference: "SFC" } as const;

function zone(more: Partial<MapZone> = {}): MapZone {
  return {
    zone: "Z1",
    agreement: "A",
    name: "North",
    kind: "zone",
    shape: { rings: [SQUARE], label: [180, -17], why: "" },
    lower: LIMIT,
    upper: { value_m: 3000, reference: "AMSL" },
    from_us: null,
    to_us: null,
    owner: "COAL",
    agreed_by: ["COAL", "RUS"],
    asserted_by: [],
    exclusions: [],
    exclusion_names: [],
    uncertainty_m: 0,
    sources: [],
    version: 1,
    ...more,
  };
}

function view(zones: MapZone[], boundaries: MapBoundary[] = []): MapView {
  const rest = { intents: [], layers: [], places: [], left_out: 0 };
  return { digest: "1", base_map: "none", zones, boundaries, ...rest };
}

function shown(activity: string, as: string, ahead: ZoneShown["detail"]["ahead"] = []): ScreenView {
  const state = { zone: "Z1", agreement: "A", shown: as, activity, promulgation: "in force" };
  return { zones: [{ view: state, detail: { ahead } }] } as unknown as ScreenView;
}

function look(screen: ScreenView | null, aheadUs: number | null = null): unknown {
  return zoneFeatures(view([zone()]), screen, aheadUs)[0]?.properties?.["look"];
}

beforeEach(() => {
  language.value = "en";
  units.value = "aviation";
});

describe("a zone", () => {
  test("is cold only where the node says cold", () => {
    expect(look(shown("cold", "cold"))).toBe("cold");
    expect(look(shown("hot", "hot"))).toBe("hot");
    // Its owner said cold once, and the node does not count that any more.
    expect(look(shown("cold", "hot"))).toBe("unknown");
    expect(look(shown("unknown", "hot"))).toBe("unknown");
    expect(look(null)).toBe("unknown");
    expect(zoneLook("something new", "hot")).toBe("unknown");
  });

  test("is shown ahead by what is known for then, and not known beyond that", () => {
    const span = { activity: "cold", promulgation: "in force", because: "" };
    const ahead = [{ ...span, from_us: 10, to_us: 20, shown: "cold" }];
    expect(look(shown("hot", "hot", ahead), 15)).toBe("cold");
    expect(look(shown("cold", "cold", ahead), 25)).toBe("unknown");
    expect(zoneState(undefined, 15).look).toBe("unknown");
  });

  test("that one side alone says is told so, in words", () => {
    expect(sidedText(["COAL", "RUS"], [])).toBe("");
    expect(sidedText([], ["COAL"])).toContain("only");
    expect(sidedText([], ["COAL"])).toContain("COAL");
    const one = zone({ agreed_by: [], asserted_by: ["COAL"] });
    const features = zoneFeatures(view([one]), null, null);
    expect(features.every((each) => each.properties?.["agreed"] === false)).toBe(true);
    const label = features.find((each) => each.properties?.["part"] === "label");
    expect(label?.properties?.["label"]).toContain("only COAL says so");
  });

  test("has its exclusions as holes with their names, also over the antimeridian", () => {
    // Written from the other side of it.
    const hole: Point[] = [
      [-179.5, -17.5],
      [-179, -17.5],
      [-179, -17],
    ];
    const with_hole = zone({
      exclusions: [{ rings: [hole], label: [-179.2, -17.3], why: "" }],
      exclusion_names: ["The town"],
    });
    const [area, outline, , label] = zoneFeatures(view([with_hole]), null, null);
    expect(area?.geometry.type === "Polygon" && area.geometry.coordinates.length).toBe(2);
    expect(outline?.geometry.type === "Polygon" && outline.geometry.coordinates.length).toBe(1);
    expect(label?.properties?.["label"]).toBe("not part: The town");
    expect(label?.geometry).toEqual({ type: "Point", coordinates: [180.8, -17.3] });
  });

  test("keeps its hatch where an exclusion reaches over its edge or has no extent", () => {
    const over: Point[] = [
      [181, -17.5],
      [183, -17.5],
      [182, -15],
    ];
    const odd = zone({
      exclusions: [
        { rings: [over], label: [182, -17], why: "" },
        { rings: [], label: [180, -17], why: "its extent is not known" },
      ],
      exclusion_names: ["The pier", "The well"],
    });
    const features = zoneFeatures(view([odd]), null, null);
    const area = features[0]?.geometry;
    expect(area?.type === "Polygon" && area.coordinates.length).toBe(1);
    const labels = features.map((each) => each.properties?.["label"]).filter(Boolean);
    expect(labels).toContain("not part: The pier");
    expect(labels).toContain("not part: The well, extent not known");
  });

  test("that cannot be drawn is listed with why", () => {
    const none = zone({ shape: { rings: [], label: null, why: "round a pole" } });
    expect(zoneFeatures(view([none]), null, null)).toEqual([]);
    expect(notDrawn(view([none]))).toEqual([{ name: "North", why: "round a pole" }]);
  });

  test("has its limits in the reader's units, with their reference", () => {
    const label = (): string =>
      String(zoneFeatures(view([zone()]), null, null).at(-1)?.properties?.["label"]);
    expect(label()).toContain("SFC–9800 ft AMSL");
    units.value = "metric";
    expect(label()).toContain("SFC–3000 m AMSL");
  });
});

describe("a boundary", () => {
  const line: Point[] = [
    [38, 36],
    [40, 34],
  ];

  function sides(points: Point[]): { label: unknown; above: unknown; rotate: number }[] {
    const made = {
      boundary: "B",
      agreement: "A",
      name: "The river",
      line: points,
      band: { rings: [], label: null, why: "" },
      left: "north bank",
      right: "south bank",
      uncertainty_m: 0,
      agreed_by: ["COAL", "RUS"],
      asserted_by: [],
    } as unknown as MapBoundary;
    return boundaryFeatures(view([], [made]))
      .filter((each) => each.properties?.["part"] === "side")
      .map(({ properties }) => ({
        label: properties?.["label"],
        above: properties?.["above"],
        rotate: Number(properties?.["rotate"]),
      }));
  }

  test("has each side's name on its side, whichever way the line was drawn", () => {
    // Down to the right: left of the way is above the text.
    expect(sides(line)).toMatchObject([
      { label: "north bank", above: true },
      { label: "south bank", above: false },
    ]);
    // Up to the left: the text is turned round, and left of the way is now below it.
    expect(sides([...line].reverse())).toMatchObject([
      { label: "north bank", above: false },
      { label: "south bank", above: true },
    ]);
    for (const { rotate } of [...sides(line), ...sides([...line].reverse())]) {
      expect(Math.abs(rotate)).toBeLessThanOrEqual(90);
    }
  });

  test("of one point has no middle", () => {
    expect(middleOf([[1, 2]])).toBeNull();
  });
});

describe("rings", () => {
  test("over the antimeridian go on, and round a pole they are led along the edge", () => {
    expect(
      unwrapped([
        [179, 1],
        [-179, 1],
        [-179, 2],
      ]).map(([lon]) => lon),
    ).toEqual([179, 181, 181, 179]);
    const round = unwrapped([
      [-120, -70],
      [0, -75],
      [120, -70],
      [-120, -70],
    ]);
    expect(round.map(([lon]) => lon)).toEqual([-120, 0, 120, 240, 240, -120, -120]);
    expect(round[4]).toEqual([240, -90]);
  });

  test("inside another are written on the same side of the world", () => {
    const [outer, inner] = unwrappedPolygon([
      [
        [-170, 10],
        [170, 10],
        [170, 70],
        [-170, 70],
        [-170, 10],
      ],
      [
        [-179, 20],
        [179, 20],
        [179, 30],
        [-179, 20],
      ],
    ]);
    expect(outer && inner && isHoleOf(inner, outer)).toBe(true);
  });

  test("have their name inside, also a ring that bends round its own middle", () => {
    const bent: Point[] = [
      [0, 0],
      [10, 0],
      [10, 10],
      [8, 10],
      [8, 2],
      [2, 2],
      [2, 10],
      [0, 10],
    ];
    const at = roomiest(bent, []);
    expect(at !== null && isInside(at, bent)).toBe(true);
    expect(
      labelOf([
        [
          [0, 0],
          [2, 0],
          [2, 2],
          [0, 2],
        ],
      ]),
    ).toEqual([1, 1]);
  });
});

test("keys of objects are taken apart again, whatever their names hold", () => {
  expect(partsOf(keyOf("A,1", 'B"', "C"))).toEqual(["A,1", 'B"', "C"]);
});

test("a window without an end is open there", () => {
  expect(isActive({ from_us: 5, to_us: null }, 5)).toBe(true);
  expect(isActive({ from_us: null, to_us: 5 }, 5)).toBe(false);
});

test("an intent is filled only in its hours and once it is activated", () => {
  const volume = { shape: zone().shape, lower: LIMIT, upper: LIMIT, from_us: 5, to_us: 9 };
  const active = (state: string, atUs: number): unknown => {
    const of = { intent: "I1", agreement: "A", party: "COAL", flight: "F", priority: "" };
    const intents = [{ ...of, state, version: 1, volumes: [volume] }];
    const [found] = intentFeatures({ ...view([]), intents }, atUs, "COAL", new Set());
    return found?.properties?.["active"];
  };
  expect(active("Activated", 6)).toBe(true);
  expect(active("Activated", 9)).toBe(false);
  expect(active("Accepted", 6)).toBe(false);
});
