// For the tests: the head-on conflict of tests/app/consoleworld.py as a node answered it.
import type { AlertsView, AlertView, StateShown } from "../api/types";

/** A state at the sample's instant. */
export function stateLike(change: Partial<StateShown>): StateShown {
  return {
    aircraft: "KHM07",
    party: "RUS",
    at_us: 1796091556925861,
    lat_e9: 35059999998,
    lon_e9: 39120289966,
    altitude_mm: 6461760,
    altitude_reference: "STD",
    east_mmps: -200220,
    north_mmps: -123,
    up_mmps: 0,
    age_us: 1570,
    status: "reported",
    feed: "radar-1",
    horizontal_sigma_mm: 12000,
    vertical_sigma_mm: 8000,
    velocity_sigma_mmps: 3004,
    members: [],
    radius_mm: 0,
    ...change,
  };
}

const OTHER = stateLike({
  aircraft: "RSD12",
  party: "COAL",
  lat_e9: 35049999998,
  lon_e9: 38524631286,
  altitude_mm: 6400800,
  east_mmps: 210231,
  north_mmps: -136,
});

const NOT_SEEN = {
  word: "not seen" as const,
  seen_us: null,
  seen_said_us: null,
  seen_post: "",
  seen_late: false,
  seen_after: false,
  called_us: null,
  called_said_us: null,
  called_post: "",
  called_how: "",
  called_late: false,
  called_after: false,
  about: null,
};

/** The conflict, with its own numbers as the node found them. */
export function alertLike(change: Partial<AlertView> = {}): AlertView {
  return {
    key: ["parley.example/AGR-1/COAL/ops/2026", 3],
    agreement: "AGR-1",
    raised_by: "COAL",
    raised_us: 1796091388940474,
    what: "separation",
    alert_class: "short-term",
    aircraft: ["KHM07", "RSD12"],
    parties: ["RUS", "COAL"],
    clause: "c1",
    binding: true,
    loss_us: 1796091676056540,
    least_us: 1796091689317526,
    least_horizontal_mm: 1115022,
    vertical_then_mm: 60960,
    horizontal_mm: 5556000,
    vertical_mm: 914400,
    object: null,
    text: "",
    states: [stateLike({}), OTHER],
    held_by: { COAL: "yes", RUS: "yes" },
    told_us: 1796091556925861,
    told_class: "short-term",
    own: true,
    end_us: 1796091702578512,
    quantisation_mm: 30480,
    both_needed: false,
    probability_ppm: 1000000,
    evaluator: "conflicts/1",
    chain_s: { COAL: 600, RUS: 600 },
    life: {
      word: "new",
      parties: [
        { party: "COAL", ...NOT_SEEN },
        { party: "RUS", ...NOT_SEEN },
      ],
      resolved_us: null,
      why: "",
      remarks: [],
    },
    forms: [
      {
        key: ["parley.example/AGR-1/COAL/ops/2026", 5],
        at_us: 1796091556925861,
        alert_class: "short-term",
        loss_us: 1796091676056540,
        held_by: { COAL: "yes", RUS: "yes" },
      },
      {
        key: ["parley.example/AGR-1/COAL/ops/2026", 3],
        at_us: 1796091388940474,
        alert_class: "own move only",
        loss_us: 1796091676070604,
        held_by: { COAL: "yes", RUS: "yes" },
      },
    ],
    others: [],
    doubts: [],
    ...change,
  };
}

/** A list with these alerts and nothing else. */
export function listLike(alerts: AlertView[], change: Partial<AlertsView> = {}): AlertsView {
  return {
    alerts,
    notices: [],
    watch: {
      at_us: 0,
      evaluated_us: 0,
      feeds: [],
      aircraft: 0,
      watched: 0,
      not_watched: [],
      by_status: {},
    },
    total: alerts.length,
    left_out: 0,
    by_class: {},
    chains: {},
    links: [],
    ended: [],
    crowds: [],
    ...change,
  };
}
