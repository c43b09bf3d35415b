// Made by builders/make_docs.py from norms.toml; not written by hand.
import type { MessageTypeNorms, NormsTable } from "./kinds";

export const NORMS: NormsTable = {
  "version": 1,
  "line": {
    "glance": [
      "OPEN",
      "DEGRADED",
      "SUSPENDED",
      "DOWN"
    ],
    "agreement": [
      "in force",
      "suspended",
      "withdrawn",
      "not in force"
    ],
    "link": [
      "up",
      "down",
      "unknown"
    ],
    "attended": [
      "attended",
      "unattended",
      "unknown"
    ],
    "test": [
      "verified",
      "unverified",
      "never"
    ],
    "heartbeat_every_s": 10,
    "link_up_within_s": 30,
    "presence_within_s": 600,
    "machine_test_every_s": 3600,
    "person_test_every_s": 43200,
    "test_grace_s": 60,
    "person_test_grace_s": 1800,
    "suspension_notice_s": 3600,
    "suspension_margin_s": 60,
    "second_signature_within_s": 3600
  },
  "class": [
    {
      "name": "DISTRESS",
      "aftn": "SS",
      "stored_s": 2,
      "answered_s": 30,
      "displayed_s": 5,
      "escalate_s": [
        15,
        30,
        60
      ],
      "passes_while_suspended": "always"
    },
    {
      "name": "URGENT",
      "aftn": "DD",
      "stored_s": 5,
      "answered_s": 60,
      "displayed_s": 15,
      "escalate_s": [
        60,
        180,
        600
      ],
      "passes_while_suspended": "life-safety subjects only"
    },
    {
      "name": "SAFETY",
      "aftn": "FF",
      "stored_s": 10,
      "answered_s": 240,
      "displayed_s": 60,
      "escalate_s": [
        240,
        600,
        1800
      ],
      "passes_while_suspended": "no"
    },
    {
      "name": "ROUTINE",
      "aftn": "GG",
      "stored_s": 60,
      "answered_s": 3600,
      "displayed_s": 600,
      "escalate_s": [],
      "passes_while_suspended": "line tests only"
    },
    {
      "name": "ADMIN",
      "aftn": "KK",
      "stored_s": 600,
      "answered_s": 86400,
      "displayed_s": null,
      "escalate_s": [],
      "passes_while_suspended": "resume, withdraw"
    }
  ],
  "read_back": {
    "within_s": 120
  },
  "attribute": {
    "W": [
      "WILCO",
      "UNABLE"
    ],
    "A": [
      "AFFIRM",
      "NEGATIVE"
    ],
    "R": [
      "ROGER",
      "UNABLE"
    ],
    "Y": [
      "REPLY",
      "UNABLE"
    ],
    "N": [],
    "standby_for": [
      "W",
      "A",
      "Y"
    ]
  },
  "subject": [
    {
      "code": "air",
      "also": [
        "air",
        "aircraft",
        "flight",
        "airspace",
        "separation",
        "crossing",
        "drone"
      ]
    },
    {
      "code": "ground",
      "also": [
        "ground",
        "land",
        "troops",
        "convoy",
        "road",
        "checkpoint",
        "shelling"
      ]
    },
    {
      "code": "sea",
      "also": [
        "sea",
        "ship",
        "vessel",
        "boat",
        "port"
      ]
    },
    {
      "code": "person",
      "also": [
        "person",
        "distress",
        "rescue",
        "medical",
        "medevac",
        "casualty",
        "missing"
      ]
    },
    {
      "code": "humanitarian",
      "also": [
        "humanitarian",
        "hospital",
        "clinic",
        "aid",
        "evacuation",
        "school"
      ]
    },
    {
      "code": "line",
      "also": [
        "line",
        "hotline",
        "telephone",
        "test"
      ]
    },
    {
      "code": "zone",
      "also": [
        "zone",
        "area",
        "ring",
        "corridor",
        "boundary"
      ]
    },
    {
      "code": "evidence",
      "also": [
        "evidence",
        "investigation",
        "report",
        "incident",
        "records"
      ]
    },
    {
      "code": "agreement",
      "also": [
        "agreement",
        "memorandum",
        "clause"
      ]
    },
    {
      "code": "relay",
      "also": [
        "relay",
        "pass",
        "forward"
      ]
    },
    {
      "code": "other",
      "also": []
    }
  ],
  "zone": {
    "activity": [
      "hot",
      "cold",
      "unknown"
    ],
    "promulgation": [
      "draft",
      "requested",
      "issued",
      "in force",
      "ended"
    ],
    "owner_silent_after_s": 600
  },
  "alert": {
    "classes": [
      "coordinate",
      "own move only",
      "short-term"
    ],
    "chain_s": 600,
    "short_term_s": 120,
    "lookahead_s": 300,
    "lookahead_long_s": 1200,
    "steady_s": 60,
    "looks_to_raise": 2,
    "looks_considered": 3,
    "looks_to_resolve": 5,
    "resolve_after_s": 30,
    "class_back_s": 30,
    "vertical_quantisation_ft": 100,
    "chain_share": 0.95,
    "chain_samples_least": 20,
    "chain_days": 90,
    "flood_count": 10,
    "flood_s": 600,
    "steady_alarm_s": 600
  },
  "conformance": {
    "nonconforming_after_s": 5,
    "contingent_after_s": 60,
    "share": 0.95,
    "leaving_ahead_s": 30
  },
  "verdict": {
    "clause": [
      "met",
      "late",
      "missed",
      "not triggered",
      "not checkable",
      "no duty"
    ],
    "question": [
      "decided",
      "undecided",
      "contested"
    ]
  },
  "separation": {
    "state_aircraft": {
      "horizontal_nm": 3.0,
      "vertical_ft": 3000.0,
      "dwell_s": 180
    },
    "en_route_civil": {
      "horizontal_nm": 5.0,
      "vertical_ft": 1000.0,
      "dwell_s": null
    },
    "fire_area": {
      "horizontal_nm": 0.5,
      "vertical_ft": 500.0,
      "dwell_s": null
    }
  },
  "clock": {
    "alarm_s": 1.0,
    "calm_s": 0.5
  },
  "quota": {
    "say_per_min": 120,
    "line_burst": 4000,
    "line_per_min": 1200,
    "ops_burst": 100000,
    "ops_per_min": 6000,
    "private_burst": 1000,
    "private_per_min": 60,
    "bytes_burst": 268435456,
    "bytes_per_min": 8388608,
    "wait_s": 5
  },
  "call": {
    "entered_at_once_s": 300,
    "match_within_s": 300
  },
  "priority": {
    "yield_within_s": 420
  },
  "guard": {
    "named_place_within_m": 5000.0
  },
  "bearer": {
    "link_s": 1.0
  },
  "intent": {
    "standing_max": 2000,
    "ahead_s": 1209600,
    "longest_s": 86400,
    "area_m2": 250000000000.0,
    "unflown_max": 50,
    "delay_step_s": 300,
    "delay_max_s": 21600,
    "level_step_m": 304.8,
    "level_max_m": 3048.0,
    "lateral_step_m": 9260.0,
    "lateral_max_m": 55560.0
  },
  "distribution": {
    "before_s": 600,
    "within_s": 1800
  },
  "standing": {
    "reconfirm_every_s": 2592000,
    "expire_s": 7776000,
    "precision_m": 10000.0,
    "warn_before_s": 259200,
    "area_margin_m": 500000.0
  },
  "agreement": {
    "warn_before_s": 2592000,
    "change_notice_s": 86400,
    "assess_s": 900,
    "assess_max_s": 86400
  },
  "pressure": {
    "bound_m": 30.0,
    "stale_after_s": 3600
  },
  "crossing": {
    "hysteresis_m": 250.0,
    "dwell_s": 5.0
  },
  "alarm_call": {
    "repeat_s": 60,
    "repeats_max": 60
  },
  "lead": {
    "tactical_s": 900,
    "humanitarian_s": 86400
  },
  "vertical": {
    "amsl_against_wgs84_m": 110.0
  }
};
export const MESSAGE_TYPES: Record<string, MessageTypeNorms> = {
  "distress.relay": {
    "name": "distress.relay",
    "class": "DISTRESS",
    "attribute": "R",
    "read_back": [
      "position",
      "time"
    ],
    "life_safety": true,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "incursion.report": {
    "name": "incursion.report",
    "class": "URGENT",
    "attribute": "R",
    "read_back": [],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "airspace.hazard.now": {
    "name": "airspace.hazard.now",
    "class": "URGENT",
    "attribute": "R",
    "read_back": [
      "position",
      "level",
      "track"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "conflict.alert": {
    "name": "conflict.alert",
    "class": "URGENT",
    "attribute": "W",
    "read_back": [
      "level",
      "time"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "WILCO",
      "UNABLE",
      "STANDBY"
    ]
  },
  "resolution.propose": {
    "name": "resolution.propose",
    "class": "URGENT",
    "attribute": "W",
    "read_back": [
      "manoeuvre"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "WILCO",
      "UNABLE",
      "STANDBY"
    ]
  },
  "cease.request": {
    "name": "cease.request",
    "class": "URGENT",
    "attribute": "W",
    "read_back": [
      "place",
      "until"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "WILCO",
      "UNABLE",
      "STANDBY"
    ]
  },
  "stop.operations": {
    "name": "stop.operations",
    "class": "URGENT",
    "attribute": "W",
    "read_back": [
      "zone"
    ],
    "life_safety": true,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "WILCO",
      "UNABLE",
      "STANDBY"
    ]
  },
  "resume.operations": {
    "name": "resume.operations",
    "class": "URGENT",
    "attribute": "W",
    "read_back": [
      "zone"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "WILCO",
      "UNABLE",
      "STANDBY"
    ]
  },
  "medevac.request": {
    "name": "medevac.request",
    "class": "URGENT",
    "attribute": "W",
    "read_back": [
      "pick_up"
    ],
    "life_safety": true,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": true,
    "one_sided": false,
    "reply": {},
    "answers": [
      "WILCO",
      "UNABLE",
      "STANDBY"
    ]
  },
  "priority.intent": {
    "name": "priority.intent",
    "class": "URGENT",
    "attribute": "W",
    "read_back": [
      "flight",
      "corridor"
    ],
    "life_safety": true,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": true,
    "one_sided": false,
    "reply": {},
    "answers": [
      "WILCO",
      "UNABLE",
      "STANDBY"
    ]
  },
  "priority.end": {
    "name": "priority.end",
    "class": "SAFETY",
    "attribute": "R",
    "read_back": [],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "identify.request": {
    "name": "identify.request",
    "class": "URGENT",
    "attribute": "Y",
    "read_back": [
      "track",
      "time"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {
      "whose": [
        "ours",
        "not ours",
        "unknown",
        "decline"
      ]
    },
    "answers": [
      "REPLY",
      "UNABLE",
      "STANDBY"
    ]
  },
  "clearance": {
    "name": "clearance",
    "class": "SAFETY",
    "attribute": "W",
    "read_back": [
      "flight",
      "zone"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "WILCO",
      "UNABLE",
      "STANDBY"
    ]
  },
  "landed.report": {
    "name": "landed.report",
    "class": "SAFETY",
    "attribute": "R",
    "read_back": [],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "line.crossing.notice": {
    "name": "line.crossing.notice",
    "class": "SAFETY",
    "attribute": "R",
    "read_back": [
      "boundary",
      "time"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "intent.notice": {
    "name": "intent.notice",
    "class": "SAFETY",
    "attribute": "R",
    "read_back": [
      "flight",
      "window"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "intent.request": {
    "name": "intent.request",
    "class": "SAFETY",
    "attribute": "A",
    "read_back": [
      "flight"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "AFFIRM",
      "NEGATIVE",
      "STANDBY"
    ]
  },
  "area.notice": {
    "name": "area.notice",
    "class": "SAFETY",
    "attribute": "R",
    "read_back": [
      "centre",
      "window"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "zone.request": {
    "name": "zone.request",
    "class": "SAFETY",
    "attribute": "R",
    "read_back": [
      "zone",
      "window"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "zone.issued": {
    "name": "zone.issued",
    "class": "SAFETY",
    "attribute": "R",
    "read_back": [
      "zone",
      "window"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "zone.notice": {
    "name": "zone.notice",
    "class": "SAFETY",
    "attribute": "R",
    "read_back": [
      "zone",
      "window"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "zone.release.request": {
    "name": "zone.release.request",
    "class": "SAFETY",
    "attribute": "W",
    "read_back": [
      "zone",
      "window"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "WILCO",
      "UNABLE",
      "STANDBY"
    ]
  },
  "zone.state": {
    "name": "zone.state",
    "class": "SAFETY",
    "attribute": "R",
    "read_back": [
      "zone",
      "activity"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "humanitarian.notice": {
    "name": "humanitarian.notice",
    "class": "SAFETY",
    "attribute": "R",
    "read_back": [
      "place",
      "window"
    ],
    "life_safety": true,
    "guarded": true,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER"
    ]
  },
  "humanitarian.update": {
    "name": "humanitarian.update",
    "class": "SAFETY",
    "attribute": "R",
    "read_back": [
      "place",
      "window"
    ],
    "life_safety": true,
    "guarded": true,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER"
    ]
  },
  "humanitarian.withdraw": {
    "name": "humanitarian.withdraw",
    "class": "SAFETY",
    "attribute": "R",
    "read_back": [],
    "life_safety": true,
    "guarded": true,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER"
    ]
  },
  "correction": {
    "name": "correction",
    "class": "SAFETY",
    "attribute": "R",
    "read_back": [
      "centre"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": true,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "line.test": {
    "name": "line.test",
    "class": "ROUTINE",
    "attribute": "Y",
    "read_back": [
      "nonce"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": 60,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "REPLY",
      "UNABLE",
      "STANDBY"
    ]
  },
  "line.state": {
    "name": "line.state",
    "class": "URGENT",
    "attribute": "R",
    "read_back": [
      "value",
      "effective"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "demand": {
    "name": "demand",
    "class": "ADMIN",
    "attribute": "R",
    "read_back": [],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "report.share": {
    "name": "report.share",
    "class": "ADMIN",
    "attribute": "R",
    "read_back": [],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "free.text": {
    "name": "free.text",
    "class": "ROUTINE",
    "attribute": "R",
    "read_back": [],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "resolution.counter": {
    "name": "resolution.counter",
    "class": "URGENT",
    "attribute": "W",
    "read_back": [
      "manoeuvre"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": true,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "WILCO",
      "UNABLE",
      "STANDBY"
    ]
  },
  "reposition.notice": {
    "name": "reposition.notice",
    "class": "SAFETY",
    "attribute": "R",
    "read_back": [
      "boundary",
      "time"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "intent.change": {
    "name": "intent.change",
    "class": "SAFETY",
    "attribute": "R",
    "read_back": [
      "flight",
      "window"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "intent.cancel": {
    "name": "intent.cancel",
    "class": "SAFETY",
    "attribute": "R",
    "read_back": [
      "flight"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "intent.conflict.query": {
    "name": "intent.conflict.query",
    "class": "SAFETY",
    "attribute": "A",
    "read_back": [
      "intent"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "AFFIRM",
      "NEGATIVE",
      "STANDBY"
    ]
  },
  "psi.session.request": {
    "name": "psi.session.request",
    "class": "SAFETY",
    "attribute": "A",
    "read_back": [
      "session",
      "budget"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "AFFIRM",
      "NEGATIVE",
      "STANDBY"
    ]
  },
  "psi.session.result": {
    "name": "psi.session.result",
    "class": "SAFETY",
    "attribute": "R",
    "read_back": [
      "session"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "zone.activate": {
    "name": "zone.activate",
    "class": "SAFETY",
    "attribute": "W",
    "read_back": [
      "zone",
      "window"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "WILCO",
      "UNABLE",
      "STANDBY"
    ]
  },
  "zone.modify": {
    "name": "zone.modify",
    "class": "SAFETY",
    "attribute": "W",
    "read_back": [
      "zone",
      "window"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "WILCO",
      "UNABLE",
      "STANDBY"
    ]
  },
  "zone.deactivate": {
    "name": "zone.deactivate",
    "class": "SAFETY",
    "attribute": "W",
    "read_back": [
      "zone",
      "time"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "WILCO",
      "UNABLE",
      "STANDBY"
    ]
  },
  "emission.notice": {
    "name": "emission.notice",
    "class": "SAFETY",
    "attribute": "R",
    "read_back": [
      "area",
      "window"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "exercise.notice": {
    "name": "exercise.notice",
    "class": "SAFETY",
    "attribute": "R",
    "read_back": [
      "area",
      "window"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "accident.notice": {
    "name": "accident.notice",
    "class": "DISTRESS",
    "attribute": "R",
    "read_back": [
      "what",
      "position",
      "time"
    ],
    "life_safety": true,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "sar.notice": {
    "name": "sar.notice",
    "class": "URGENT",
    "attribute": "W",
    "read_back": [
      "area",
      "window"
    ],
    "life_safety": true,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": true,
    "one_sided": false,
    "reply": {},
    "answers": [
      "WILCO",
      "UNABLE",
      "STANDBY"
    ]
  },
  "sar.intent": {
    "name": "sar.intent",
    "class": "URGENT",
    "attribute": "R",
    "read_back": [
      "position",
      "time"
    ],
    "life_safety": true,
    "guarded": false,
    "answered_s": null,
    "about": true,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "fire.notice": {
    "name": "fire.notice",
    "class": "URGENT",
    "attribute": "W",
    "read_back": [
      "area",
      "window"
    ],
    "life_safety": true,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": true,
    "one_sided": false,
    "reply": {},
    "answers": [
      "WILCO",
      "UNABLE",
      "STANDBY"
    ]
  },
  "priority.yielded": {
    "name": "priority.yielded",
    "class": "SAFETY",
    "attribute": "R",
    "read_back": [
      "flight"
    ],
    "life_safety": true,
    "guarded": false,
    "answered_s": null,
    "about": true,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "line.test.machine": {
    "name": "line.test.machine",
    "class": "ROUTINE",
    "attribute": "Y",
    "read_back": [
      "nonce"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": 60,
    "about": false,
    "machine": true,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "REPLY",
      "UNABLE",
      "STANDBY"
    ]
  },
  "authority.change": {
    "name": "authority.change",
    "class": "ROUTINE",
    "attribute": "R",
    "read_back": [
      "post",
      "from"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "key.rotate": {
    "name": "key.rotate",
    "class": "ROUTINE",
    "attribute": "R",
    "read_back": [
      "fingerprint"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "key.revoke": {
    "name": "key.revoke",
    "class": "URGENT",
    "attribute": "R",
    "read_back": [
      "fingerprint"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "agreement.propose": {
    "name": "agreement.propose",
    "class": "ADMIN",
    "attribute": "A",
    "read_back": [
      "document"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "AFFIRM",
      "NEGATIVE",
      "STANDBY"
    ]
  },
  "agreement.sign": {
    "name": "agreement.sign",
    "class": "ADMIN",
    "attribute": "A",
    "read_back": [
      "document"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "AFFIRM",
      "NEGATIVE",
      "STANDBY"
    ]
  },
  "agreement.amend": {
    "name": "agreement.amend",
    "class": "ADMIN",
    "attribute": "A",
    "read_back": [
      "document"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "AFFIRM",
      "NEGATIVE",
      "STANDBY"
    ]
  },
  "agreement.suspend": {
    "name": "agreement.suspend",
    "class": "URGENT",
    "attribute": "R",
    "read_back": [
      "effective"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "agreement.resume": {
    "name": "agreement.resume",
    "class": "ADMIN",
    "attribute": "R",
    "read_back": [
      "effective"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "incident.open": {
    "name": "incident.open",
    "class": "SAFETY",
    "attribute": "R",
    "read_back": [
      "incident",
      "window"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "preserve.request": {
    "name": "preserve.request",
    "class": "ADMIN",
    "attribute": "W",
    "read_back": [
      "incident",
      "window"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "WILCO",
      "UNABLE",
      "STANDBY"
    ]
  },
  "measures.report": {
    "name": "measures.report",
    "class": "ADMIN",
    "attribute": "R",
    "read_back": [
      "incident"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "clarify.request": {
    "name": "clarify.request",
    "class": "SAFETY",
    "attribute": "Y",
    "read_back": [],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": true,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "REPLY",
      "UNABLE",
      "STANDBY"
    ]
  },
  "cancel": {
    "name": "cancel",
    "class": "SAFETY",
    "attribute": "R",
    "read_back": [],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": true,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "relay.request": {
    "name": "relay.request",
    "class": "SAFETY",
    "attribute": "W",
    "read_back": [
      "third"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "WILCO",
      "UNABLE",
      "STANDBY"
    ]
  },
  "objection": {
    "name": "objection",
    "class": "URGENT",
    "attribute": "A",
    "read_back": [
      "what"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "AFFIRM",
      "NEGATIVE",
      "STANDBY"
    ]
  },
  "objection.withdraw": {
    "name": "objection.withdraw",
    "class": "SAFETY",
    "attribute": "R",
    "read_back": [],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": true,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": false,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "disown": {
    "name": "disown",
    "class": "SAFETY",
    "attribute": "R",
    "read_back": [
      "whose",
      "scope"
    ],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": true,
    "reply": {},
    "answers": [
      "ROGER",
      "UNABLE"
    ]
  },
  "advisory": {
    "name": "advisory",
    "class": "SAFETY",
    "attribute": "N",
    "read_back": [],
    "life_safety": false,
    "guarded": false,
    "answered_s": null,
    "about": false,
    "machine": false,
    "asks_to_yield": false,
    "one_sided": true,
    "reply": {},
    "answers": []
  }
};
