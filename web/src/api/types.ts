// Made by builders/make_docs.py from the node's OpenAPI document; not written by hand.
// Instants are microseconds since 1970 UTC; every number has its unit last in its name.

/** A person at a post takes an alarm: it falls silent here; nothing is answered by it. */
export interface AcknowledgeAlarm {
  type: "acknowledge_alarm";
  agreement: string;
  alarm: string;
  post: string;
  text?: string;
}

/** Messages are answered within `within_s`; else the posts of `escalate` are called in order. */
export interface Acknowledgement {
  type: "acknowledgement";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  within_s: number;
  of?: string[];
  message_class?: string | null;
  escalate?: EscalationStep[];
}

/** What an act led to: the key of its entry (None: nothing was to be written), and all that was. */
export interface ActDone {
  key: [string, number] | null;
  written: Written[];
}

/** Somebody whom the agreement speaks of and who is no party to it. */
export interface Actor {
  name: string;
  standing: "bound through another" | "civil user" | "guarantor" | "host state" | "non-party" | "observer" | "partner force" | "signatory";
  answers: string;
  text: string;
  contested_by: string[];
}

/** Somebody whom the text speaks of and who is no party; `answers` "" is nobody. */
export interface ActorShown {
  name: string;
  standing: string;
  answers: string;
  contested_by: string[];
  text: string;
}

/** A post puts a translation beside a message; the original stays what was said. */
export interface AddTranslation {
  type: "add_translation";
  ref: [string, number];
  post: string;
  language: string;
  text: string;
  how?: "machine" | "person";
}

/** A one-sided advisory in force: whose it is, what it says, until when; nobody's duty. */
export interface AdvisorySeen {
  message: [string, number];
  party: string;
  subject: string;
  text: string;
  fields: Record<string, string>;
  since_us: number;
  until_us: number | null;
  one_sided: true;
}

/** Who is bound by which clauses, over which lines, from when to when. */
export interface Agreement {
  id: string;
  title: string;
  parties: Party[];
  lines: Line[];
  clauses: (Separation | StandOff | Notification | Acknowledgement | ReadBack | LineTest | Watch | Validity | Suspension | PositionCheck | ExclusiveChannel | Ring | BoundaryRule | ZoneRule | ZoneStatus | Priority | Yield | Bearer | Frequency | Prohibited | IncidentReport | Disclosure | Dispute | IntentLimits | Distribution | StandingNotice | Term)[];
  zones: Zone[];
  boundaries: Boundary[];
  places: Place[];
  valid: Interval | null;
  text_public: boolean;
  asserted_by: string[];
  rules_version: number;
  version: number;
  text_sha256: string;
  languages: string[];
  supersedes: string;
  actors: Actor[];
  aircraft_classes: AircraftClass[];
  pressure: PressureRule | null;
  layers: BackgroundLayer[];
  base_map: "coast and graticule" | "none" | "with borders";
  datum: "WGS84";
  timezone_source: string;
}

/** What a screen needs of an agreement to offer the right posts, lines, parties and minima. */
export interface AgreementBrief {
  agreement: string;
  title: string;
  parties: PartyBrief[];
  lines: LineBrief[];
  minima: MinimaBrief[];
  languages: string[];
}

/** One agreement as it stands: what is in force for us and until when, and all about it. */
export interface AgreementShown {
  agreement: string;
  title: string;
  version: number;
  rules_version: number;
  word: string;
  why: string;
  from_us: number | null;
  until_us: number | null;
  review_us: number | null;
  renewal: string;
  asserted_by: string[];
  file: string;
  versions: VersionShown[];
  parties: PartyShown[];
  actors: ActorShown[];
  unanswered: string[];
  contradictions: AgreementsFight[];
}

/** Two agreements in force that cannot both be followed, with what each says. */
export interface AgreementsFight {
  agreements: [string, string];
  about: string;
  first: string;
  second: string;
  clauses: [string, string];
}

/** A class of aircraft as this agreement means it, in its own words. */
export interface AircraftClass {
  id: string;
  text: string;
  kinds: string[];
}

/** Something that somebody at a post of ours must see, as it stands now. */
export interface Alarm {
  name: string;
  kind: string;
  alarm_class: "ADMIN" | "DISTRESS" | "ROUTINE" | "SAFETY" | "URGENT";
  agreement: string;
  line: string;
  party: string;
  text: string;
  post: string;
  rung: number;
  since_us: number;
  cause: [string, number] | null;
  acknowledged_by: string | null;
  acknowledged_us: number | null;
  silent: boolean;
}

/** An alarm that stands, and the newest calls about it; `calls_nobody`: no contact takes it. */
export interface AlarmView {
  alarm: Alarm;
  calls: CalledView[];
  calls_nobody: boolean;
}

/** What stands, the most urgent first. */
export interface AlarmsView {
  alarms: AlarmView[];
  new_in_10_min: Record<string, number>;
  flooded: string[];
  contacts: ContactView[];
  load: PostLoad[];
}

/** How far each party has come with an alert; `word` is that of our own party. */
export interface AlertLife {
  word: "called" | "new" | "resolved" | "seen";
  parties: PartyLife[];
  resolved_us: number | null;
  why: string;
  remarks: string[];
}

/** An alert: what, by when, by which clause, whether each party has it, and who did what. */
export interface AlertView {
  key: [string, number];
  agreement: string;
  raised_by: string;
  raised_us: number;
  what: string;
  alert_class: string;
  aircraft: string[];
  parties: string[];
  clause: string | null;
  binding: boolean;
  loss_us: number | null;
  least_us: number | null;
  least_horizontal_mm: number | null;
  vertical_then_mm: number | null;
  horizontal_mm: number | null;
  vertical_mm: number | null;
  object: string | null;
  text: string;
  states: StateShown[];
  held_by: Record<string, "no" | "unknown" | "yes">;
  told_us: number;
  told_class: string;
  own: boolean;
  end_us: number | null;
  quantisation_mm: number;
  both_needed: boolean;
  probability_ppm: number | null;
  evaluator: string;
  chain_s: Record<string, number>;
  life: AlertLife | null;
  forms: HeldForm[];
  others: OtherWord[];
  doubts: string[];
}

/** The open alerts by time to loss, the newest notices, and what both rest on. */
export interface AlertsView {
  alerts: AlertView[];
  notices: AlertView[];
  watch: WatchView;
  total: number;
  left_out: number;
  by_class: Record<string, number>;
  chains: Record<string, ChainTime[]>;
  links: LinkShown[];
  ended: EndedView[];
  crowds: string[];
}

/** A post answers a message, reading fields back. */
export interface Answer {
  type: "answer";
  ref: [string, number];
  post: string;
  answer: string;
  fields?: Record<string, string>;
  text?: string;
  promised_us?: number | null;
}

/** How one addressee answered; `late`: against what the sender asked for, no clause. */
export interface AnswerRow {
  party: string;
  word: string;
  after_s: number | null;
  within_s: number | null;
  late: boolean;
  cite: string;
}

/** An answer as given: the word, by which post, when, with the fields read back. */
export interface AnswerView {
  answer: string;
  post: string;
  at_us: number;
  fields: Record<string, string>;
  text: string;
  promised_us: number | null;
}

/** What a clause is about: parties that owe it, aircraft classes, zones, and when. */
export interface AppliesTo {
  parties: string[];
  classes: string[];
  zones: string[];
  from_us: number | null;
  to_us: number | null;
}

/** How far one area is covered now, by band; `unit`: cells, or metres of a line. */
export interface AreaCovered {
  agreement: string;
  kind: string;
  name: string;
  scale: "ground" | "sea";
  unit: string;
  total: number;
  bands: BandCovered[];
  left_out: string;
  text: string;
}

/** A place about which its keeper is asked first; `detail` says by how much, never where. */
export interface Asked {
  place: string;
  word: "moved" | "name elsewhere" | "outside" | "same spot" | "swapped" | "zero";
  detail: string;
}

/** One assessment: whose, about what, until when, and whether it holds, expired, or is done. */
export interface AssessmentSeen {
  key: [string, number];
  agreement: string;
  party: string;
  post: string;
  subject: string;
  text: string;
  about: [string, number] | null;
  since_us: number;
  until_us: number;
  word: "EXPIRED" | "done" | "holds";
  owed_us: number | null;
  late: boolean;
}

/** Those that hold or expired, the newest first, and how many more of each party there are. */
export interface AssessmentsSeen {
  shown: AssessmentSeen[];
  more: Record<string, number>;
}

/** A dated layer behind the map: who controlled what, where a State or FIR ends. Agreed by none. */
export interface BackgroundLayer {
  id: string;
  kind: "FIR" | "control" | "other" | "state";
  name: string;
  as_of: Interval;
  source: string;
  areas: (Polygon | Circle | Corridor)[];
  lines: Position[][];
  uncertainty_m: number;
}

/** Of one height band: from where to where (None: open), and how much of the area has a word. */
export interface BandCovered {
  lower_m: number | null;
  upper_m: number | null;
  amounts: Record<string, number>;
}

/** One height band over a place: the word for it, and that of each feed that reported there. */
export interface BandThere {
  above: "ground" | "sea";
  lower_m: number | null;
  upper_m: number | null;
  word: string;
  feeds: Record<string, string>;
}

/** A person comes to, stays at, or leaves a post of a line. */
export interface BePresent {
  type: "be_present";
  agreement: string;
  line: string;
  post: string;
  present?: boolean;
}

/** What a line runs over: its delay one way and its rate; `line` empty means every line. */
export interface Bearer {
  type: "bearer";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  delay_s: number;
  rate_bps?: number | null;
  line?: string;
}

/** The node's time, and the number of the newest turn that stored something since it started. */
export interface Beat {
  kind: "beat";
  now_us: number;
  number: number;
  clock: "driven" | "wall";
  ready: boolean;
  tracks: number;
}

/** An entry that a side may have known at an instant: surely only from `known_us` on. */
export interface Besides {
  key: [string, number];
  type: string;
  party: string;
  written_us: number;
  known_us: number | null;
}

/** A directed line with named sides, one version of it. */
export interface Boundary {
  id: string;
  vertices: Position[];
  name: string;
  edges: "geodesic" | "planar";
  direction: string;
  left: string;
  right: string;
  uncertainty_m: number;
  agreed_by: string[];
  asserted_by: string[];
  from_us: number | null;
  to_us: number | null;
  version: number;
  sources: string[];
}

/** A line at an instant for a party: as agreed, as its own word, as others say; each apart. */
export interface BoundaryAt {
  boundary: string;
  agreement: string;
  party: string;
  at_us: number;
  agreed: VersionAt | null;
  own: VersionAt | null;
  others: VersionAt[];
  because: string;
  side: SideNamed | null;
}

/** Who stays on which side of a boundary: those in `applies_to`, on `side`, where it is named. */
export interface BoundaryRule {
  type: "boundary";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  boundary: string;
  rule?: string;
  side?: "" | "left" | "right";
  crossing?: string[];
}

/** A boundary: its sides, how sure its course is, and who agreed to it or asserts it. */
export interface BoundaryShown {
  boundary: string;
  agreement: string;
  name: string;
  left: string;
  right: string;
  vertices: number;
  uncertainty_m: number;
  agreed_by: string[];
  asserted_by: string[];
}

/** What a bundle gave. */
export interface BundleTaken {
  party: string;
  name: Named;
  again: boolean;
  ahead_s: number;
  logs: LogTaken[];
  ahead: number;
  receipts: number;
  cosignatures: number;
  notes: string[];
  wait_s: number;
  left: number;
  fault: string | null;
  complete: boolean;
}

/** How the calls that one party placed to another on a line went. */
export interface CallCount {
  line: string;
  caller: string;
  called: string;
  talked: number;
  no_answer: number;
  refused: number;
  technical_failure: number;
  contested: number;
  last_unanswered_us: number | null;
}

/** One end's entry of a call. */
export interface CallEndView {
  party: string;
  key: [string, number];
  corrects: ([string, number])[];
  post: string;
  direction: string;
  outcome: string;
  began_us: number;
  ended_us: number | null;
  entered_us: number;
  entered: string;
  times: Times;
  doubt_s: number;
  spoke_with: string;
  subject: string;
  text: string;
  fields: Record<string, string>;
  read_back: Record<string, string>;
  recorder: string;
  reason: string;
  language: string;
  status: string;
}

/** A telephone call as one end entered it. */
export interface CallRow {
  began: string;
  cite: string;
  by: string;
  other: string;
  outcome: string;
  entered: string;
}

/** A call: by the entries of which ends, and what they say differently, by field and party. */
export interface CallView {
  agreement: string;
  line: string;
  caller: string;
  called: string;
  word: string;
  basis: string;
  ends: CallEndView[];
  differences: Record<string, Record<string, string>>;
  about: ([string, number])[];
  remarks: string[];
}

/** One call about an alarm, as our private log has it: by which channel, and what became of it. */
export interface CalledView {
  at_us: number;
  post: string;
  channel: string;
  attempt: number;
  delivered: boolean;
  detail: string;
}

/** The calls, newest first, and how they went for each line, caller and called party. */
export interface CallsView {
  calls: CallView[];
  counts: CallCount[];
}

/** How long a party needs from a warning to a manoeuvre. */
export interface ChainTime {
  party: string;
  chain_s: number;
  samples: number;
  unclosed: number;
  measured: boolean;
}

/** An own intent goes to another state. */
export interface ChangeIntent {
  type: "change_intent";
  agreement: string;
  post: string;
  intent: string;
  state: IntentState;
}

/** The number of the newest turn that stored something, since this node started. */
export interface ChangesView {
  number: number;
  now_us: number;
}

/** What would become of an intent if it were filed now; nothing is filed. */
export interface CheckShown {
  intent: string;
  version: number;
  refused: string;
  conflicts: ConflictShown[];
  free: FreeMove[];
  tests: number;
}

/** All points within `radius_m` (geodesic) of the centre. */
export interface Circle {
  type: "circle";
  centre: Position;
  radius_m: number;
}

/** What stands at a place that a verdict cites, in one line. */
export interface Cited {
  cite: string;
  text: string;
}

/** A peer's clock against ours: offset (theirs minus ours), its bound, whether it alarms. */
export interface ClockView {
  offset_us: number;
  within_us: number | null;
  alarm: boolean;
}

/** What two volumes have in common: which, when, where, how deep, between which heights. */
export interface Common {
  volumes: [number, number];
  decided: string;
  from_us: number | null;
  to_us: number | null;
  at: Position | null;
  depth_m: number;
  lower: VerticalLimit[];
  upper: VerticalLimit[];
  because: string;
}

/** Standing notices to be confirmed until an instant; without a list all that need it by then. */
export interface ConfirmBody {
  agreement: string;
  post: string;
  until_us: number;
  refs: ([string, number])[] | null;
  to: string;
}

/** What a part led to; `ending`: so many end before the instant and must be told again. */
export interface ConfirmDone {
  confirmed: number;
  ending: number;
  refused: RowRefused[];
  left: number;
  wait_s: number;
  passed: string[];
}

/** A post confirms a formation that another party declared (`ref`). */
export interface ConfirmFormation {
  type: "confirm_formation";
  ref: [string, number];
  post: string;
}

/** This party says that its standing notice still holds, and until when. */
export interface ConfirmNotice {
  type: "confirm_notice";
  ref: [string, number];
  post: string;
  until_us: number;
}

/** Two intents of different parties that overlap, or may: the same at both parties. */
export interface Conflict {
  agreement: string;
  first: string;
  second: string;
  flights: [string, string];
  states: [string, string];
  priorities: [string, string];
  decided: string;
  binding: boolean;
  commons: Common[];
  precedence: Precedence;
  over_limit: string[];
  audience: string[] | null;
}

/** A conflict, and the line of words that both parties read. */
export interface ConflictShown {
  conflict: Conflict;
  text: string;
}

/** The conflicts of own intents under one agreement; `waiting` intents are not compared yet. */
export interface ConflictsView {
  agreement: string;
  conflicts: ConflictShown[];
  waiting: number;
  ignored: number;
}

/** One flight against one intent. */
export interface ConformanceShown {
  agreement: string;
  intent: string;
  party: string;
  flight: string;
  state: string;
  said: string;
  what: string[];
  since_us: number | null;
  written_us: number | null;
  horizontal_m: number;
  vertical_m: number;
  off_s: number;
  seen: string;
  seen_at_us: number | null;
  leaves_in_s: number | null;
  leaves_after_m: number | null;
  share: number | null;
  wanted_share: number;
  known_s: number;
  watched_from_us: number | null;
  text: string;
}

/** All of it; `left_out` flights and dwells are not listed, the oldest first. */
export interface ConformanceView {
  flights: ConformanceShown[];
  margins: MarginShown[];
  dwells: DwellShown[];
  flown: FlownShown;
  left_out: number;
}

/** A consent: who lets whom have its guarded notices, and whether it stands now. */
export interface ConsentView {
  addressee: string;
  agreement: string;
  party: string;
  post: string;
  scope: string;
  given_us: number;
  until_us: number | null;
  stands: boolean;
  why: string;
}

/** A contact: whom it calls, and how it does; `fault` is empty once it does its work. */
export interface ContactView {
  name: string;
  post: string;
  channel: string;
  classes: string[];
  from_rung: number;
  delivered: number;
  failed: number;
  fault: string;
  fault_at_us: number;
}

/** All points within half of `width_m` (the full width) of the centre line; round ends. */
export interface Corridor {
  type: "corridor";
  vertices: Position[];
  width_m: number;
  edges?: "geodesic" | "planar";
}

/** What the feeds' own history says: of each feed, of each area, and in sentences. */
export interface CoverageView {
  at_us: number;
  meaning: string;
  learnt: boolean;
  kept: number;
  refused: number;
  forgotten: number;
  feeds: FeedCoverage[];
  areas: AreaCovered[];
  areas_left_out: number;
  not_watched: string[];
}

/** From when to when on each of these days; no days means each day. */
export interface DailyWindow {
  begins: string;
  ends: string;
  days: ("fri" | "mon" | "sat" | "sun" | "thu" | "tue" | "wed")[];
  first: string;
  last: string;
}

/** This party suspends, resumes or withdraws from an agreement as a whole. */
export interface DeclareAgreement {
  type: "declare_agreement";
  agreement: string;
  post: string;
  value: "in force" | "suspended" | "withdrawn";
  effective_us?: number | null;
  reason?: string;
}

/** A post assesses something before it decides, until an instant; `done`: it has decided. */
export interface DeclareAssessment {
  type: "declare_assessment";
  agreement: string;
  post: string;
  subject: string;
  until_us?: number | null;
  ref?: Reference[];
  text?: string;
  done?: boolean;
}

/** This party declares a boundary of its own. */
export interface DeclareBoundary {
  type: "declare_boundary";
  agreement: string;
  post: string;
  boundary: Boundary;
}

/** A post declares that flights, by party, will fly as one object for a time. */
export interface DeclareFormation {
  type: "declare_formation";
  agreement: string;
  post: string;
  formation: string;
  flights: Record<string, string[]>;
  from_us: number;
  to_us: number;
  radius_m: number;
  vertical_m: number;
  text?: string;
}

/** A post suspends, resumes or withdraws its side of a line; without effect time: by notice. */
export interface DeclareLine {
  type: "declare_line";
  agreement: string;
  line: string;
  post: string;
  value: "in force" | "suspended" | "withdrawn";
  effective_us?: number | null;
  reason?: string;
}

/** This party declares a zone of its own. */
export interface DeclareZone {
  type: "declare_zone";
  agreement: string;
  post: string;
  zone: Zone;
}

/** A demand: of whom, about what, until when, and what came of it. */
export interface DemandRow {
  cite: string;
  by: string;
  to: string[];
  about: string;
  wants: string[];
  due: string | null;
  state: "answered in part" | "closed" | "open" | "overdue";
  in_time: boolean | null;
  reports: string[];
}

/** This party drops its copy of a guarded notice. */
export interface DestroyPayload {
  type: "destroy_payload";
  ref: [string, number];
  post: string;
}

/** One way of a line: whether the receiver hears the sender, how it was tested, how it is used. */
export interface Direction {
  sender: string;
  receiver: string;
  link: string;
  link_since_us: number | null;
  link_by: [string, number] | null;
  link_said_us: number | null;
  tests: TestAge[];
  used_last_us: number | null;
  messages_24h: number;
  calls_24h: number;
}

/** A place of the register is told to addressees by a notice, no finer than `precision_m`. */
export interface DisclosePlace {
  type: "disclose_place";
  agreement: string;
  line: string;
  post: string;
  place: string;
  to: string[];
  precision_m: number;
  from_us?: number | null;
  to_us?: number | null;
  valid_until_us?: number | null;
  text?: string;
  wants_answer?: boolean;
  named?: boolean;
}

/** Who may see what, how precisely and how late; releases stand in the disclosure ledger. */
export interface Disclosure {
  type: "disclosure";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  to?: string[];
  of?: string[];
  precision_m?: number | null;
  precise_m?: number | null;
  precise_before_s?: number | null;
  delay_s?: number;
}

/** Actors that a party says are not its own, and where it has said otherwise (`claimed`). */
export interface DisownedSeen {
  message: [string, number];
  party: string;
  whose: string;
  scope: string;
  text: string;
  since_us: number;
  from_us: number | null;
  to_us: number | null;
  holds: boolean;
  claimed: ([string, number])[];
}

/** A message was put in front of a post. */
export interface Display {
  type: "display";
  ref: [string, number];
  post: string;
}

/** How a disagreement goes on: objections are answered within `within_s`, else to `escalate`. */
export interface Dispute {
  type: "dispute";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  within_s: number;
  escalate?: EscalationStep[];
  witness?: string;
}

/** A party says that it saw another head of a log than the one held here; accuses nobody. */
export interface DisputeView {
  origin: string;
  says: string;
  told_by: string;
  size: number;
  at_us: number;
  key: [string, number];
}

/** Units that must have notices, by party; `before_s`: told this long before what it announces. */
export interface Distribution {
  type: "distribution";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  units: Record<string, string[]>;
  of?: string[];
  before_s?: number;
  loaded?: boolean;
}

/** A notice and the units of one addressee, at an instant. */
export interface DistributionView {
  message: [string, number];
  agreement: string;
  line: string;
  message_type: string;
  message_class: string;
  status: string;
  sender: string;
  party: string;
  required: string[];
  told: string[];
  loaded: string[];
  stale: string[];
  not_told: string[];
  not_loaded: string[];
  due_us: number | null;
  late: boolean;
  begins_us: number | null;
  ends_us: number | null;
  begun: boolean;
  over: string;
  units: UnitSeen[];
  remarks: string[];
}

/** One person of this party no longer takes a peer's key: at once, for every agreement. */
export interface DistrustKey {
  type: "distrust_key";
  agreement: string;
  post: string;
  party: string;
  key: string;
  reason: string;
}

/** An outline: rings of longitude and latitude, the exterior first; `why` it is not drawn. */
export interface DrawnShape {
  rings: (([number, number])[])[];
  label: [number, number] | null;
  why: string;
}

/** Whether an agreement put duties on a party at an instant, why, and where it stood. */
export interface DutyShown {
  party: string;
  stands: boolean;
  why: string;
  status: PartyStatus;
}

/** How long one flight is near one line: now, at most, and in all. */
export interface DwellShown {
  agreement: string;
  line: string;
  flight: string;
  last_us: number;
  now_s: number;
  longest_s: number;
  total_s: number;
}

/** A post ends a formation (`ref`) for its party's part. */
export interface EndFormation {
  type: "end_formation";
  ref: [string, number];
  post: string;
  reason?: string;
}

/** That a party ended a formation, for its own reason. */
export interface EndSaid {
  party: string;
  at_us: number;
  reason: string;
}

/** A conflict that ended lately: of which aircraft, when, why, and by whose word. */
export interface EndedView {
  key: [string, number];
  aircraft: string[];
  raised_by: string;
  ended_us: number;
  why: string;
  came_us: number | null;
}

/** By what a message is over: the sender's own later message, and since when. */
export interface Ending {
  word: "cancelled" | "corrected" | "withdrawn";
  by: [string, number];
  at_us: number;
}

/** A person, by pseudonym, may sign acts at these posts; `possession` (hex) by the new key. */
export interface EnrolOperator {
  type: "enrol_operator";
  agreement: string;
  post: string;
  operator: string;
  key: string;
  possession: string;
  posts: string[];
  until_us?: number | null;
}

/** An entry: its place, its leaf hash (hex), its exact text, and its payload where it is sealed. */
export interface EntryView {
  index: number;
  leaf: string;
  text: string;
  reading: "guarded" | "plain" | "sealed";
  salt: string | null;
  payload: string | null;
}

/** Who is called next when nobody answers: so many seconds after the message, this post. */
export interface EscalationStep {
  after_s: number;
  post: string;
}

/** A named place that is not part of the zone, wherever the outline runs. */
export interface Exclusion {
  name: string;
  position: Position | null;
  uncertainty_m: number;
  shape: Polygon | Circle | Corridor | null;
  aliases: string[];
}

/** Whether the logs and the call register are the only channel, so that silence decides. */
export interface ExclusiveChannel {
  type: "exclusive_channel";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  value: boolean;
  note?: string;
}

/** A part of the register, exactly, from a place of the list on. */
export interface ExportBody {
  agreement: string;
  post: string;
  start: number;
}

/** Places as they are kept, exactly; `next` is where the following part begins. */
export interface ExportPart {
  places: KeptPlace[];
  next: number | null;
}

/** What is wrong: the whole line, and its parts. */
export interface FaultView {
  fault: string;
  what: string;
  value: string | null;
  wanted: string;
  repair: string;
}

/** One feed: since when it reports, when last, and how many cells have which word by it. */
export interface FeedCoverage {
  feed: string;
  began_us: number;
  last_us: number;
  reports: number;
  heard: boolean;
  cells: Record<string, number>;
}

/** A feed that has reported since this node started. */
export interface FeedView {
  feed: string;
  last_us: number;
  reports: number;
  refused: number;
}

/** A number or word as somebody said it, and who says it. */
export interface Figure {
  name: string;
  said: string;
  by: string;
}

/** This party plans to fly; `addressees`: who gets the volumes, empty is every party. */
export interface FileIntent {
  type: "file_intent";
  agreement: string;
  post: string;
  intent: Intent;
  addressees?: string[];
}

/** One own live aircraft that is in the object now, or will be by its motion. */
export interface FlightTouched {
  aircraft: string;
  party: string;
  decided: "possibly" | "touched";
  in_s: number;
  at: Position;
  because: string;
}

/** The area in which own flights were ever seen, and whether it is asked about yet. */
export interface FlownShown {
  cells: number;
  flown_h: number;
  learns: boolean;
  full: boolean;
  text: string;
}

/** Two histories under one log key: whose log, who says so, what is wrong, where it stands. */
export interface ForkView {
  origin: string;
  party: string;
  found_by: string;
  at_us: number;
  why: string;
  key: [string, number];
  proven: boolean;
}

/** A formation and how it stands now. */
export interface FormationShown {
  key: [string, number];
  agreement: string;
  formation: string;
  declared_by: string;
  flights: Record<string, string[]>;
  from_us: number;
  to_us: number;
  radius_mm: number;
  vertical_mm: number;
  text: string;
  state: "ended" | "in force" | "not yet" | "over" | "refused" | "replaced" | "waiting";
  why: string;
  waits_for: string[];
  since_us: number | null;
  ended: EndSaid[];
}

/** The formations of every agreement, those that may count first, then the newest. */
export interface FormationsView {
  formations: FormationShown[];
  left_out: number;
}

/** The nearest free time, level or place; `move` None is none, and then why. */
export interface FreeMove {
  how: string;
  move: Move | null;
  text: string;
}

/** Radio as agreed: the primary and guard frequency in kilohertz, language, phrases to use. */
export interface Frequency {
  type: "frequency";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  primary_khz: number;
  guard_khz?: number | null;
  language?: string;
  phrases?: string[];
  drill_every_s?: number | null;
}

/** Guarded notices may go to this addressee. */
export interface GiveConsent {
  type: "give_consent";
  agreement: string;
  post: string;
  addressee: string;
  scope?: string;
  until_us?: number | null;
}

/** Every agreement held here that speaks of a ground, and where two of them contradict. */
export interface GroundView {
  at_us: number;
  agreements: OverGround[];
  contradictions: AgreementsFight[];
}

/** One form of a conflict: as raised, or as renewed; and which party holds that entry. */
export interface HeldForm {
  key: [string, number];
  at_us: number;
  alert_class: string;
  loss_us: number;
  held_by: Record<string, "no" | "unknown" | "yes">;
}

/** A legal hold that stands: nothing under the agreement is destroyed by that party. */
export interface HoldView {
  hold: string;
  agreement: string;
  party: string;
  post: string;
  reason: string;
  set_us: number;
}

/** How many incidents one party registered by one definition, word for word; never a sum. */
export interface IncidentCount {
  agreement: string;
  party: string;
  kind: string;
  definition: string;
  count: number;
  incidents: string[];
}

/** When the initial and the final report are due (ISO 8601 durations), and what they contain. */
export interface IncidentReport {
  type: "incident_report";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  initial: string;
  final: string;
  content?: string[];
  immediate_s?: number | null;
  notice?: string[];
  joint_inquiry?: boolean;
  retention_s?: number | null;
}

/** An incident as one party's register has it now; `corrected`: its earlier entries. */
export interface IncidentSeen {
  key: [string, number];
  agreement: string;
  incident: string;
  party: string;
  kind: string;
  definition: string;
  title: string;
  from_us: number;
  to_us: number;
  figures: Figure[];
  source: string;
  about: ([string, number])[];
  registered_us: number;
  corrected: ([string, number])[];
}

/** Who plans to fly where and when: volumes, state, priority, and the class of the aircraft. */
export interface Intent {
  id: string;
  party: string;
  flight: string;
  state: IntentState;
  priority: string;
  volumes: Volume4D[];
  version: number;
  aircraft_class: string;
}

/** How much room and time one party may hold by intents, so that nobody squats. */
export interface IntentLimits {
  type: "intent_limits";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  standing_max?: number | null;
  ahead_s?: number | null;
  longest_s?: number | null;
  area_m2?: number | null;
  unflown_max?: number | null;
}

/** How one own intent was moved, and why it is now clear of what it was in. */
export interface IntentMove {
  intent: string;
  version_before: number;
  version_after: number;
  how: "cancelled" | "lateral" | "level" | "time" | "unchanged";
  delay_s: number;
  climb_mm: number;
  lateral_mm: number;
  text: string;
}

/** Where and when one version of an intent is, against the object as it then was. */
export interface IntentPlace {
  version: number;
  from_us: number | null;
  to_us: number | null;
  levels: string;
  word: "clear" | "not known" | "possibly" | "touched";
  away_m: number | null;
}

/** An operational intent as it stands. */
export interface IntentShown {
  intent: string;
  agreement: string;
  party: string;
  flight: string;
  state: string;
  priority: string;
  version: number;
  volumes: number;
  from_us: number | null;
  to_us: number | null;
  over: boolean;
  over_limit: string;
  audience: string[] | null;
  conflicts: number;
  conformance: string;
}

/** F3548-21 section 4.4: the four states, and ended. */
export type IntentState = "Accepted" | "Activated" | "Contingent" | "Ended" | "Nonconforming";

/** One own intent in the way: how surely, which of its volumes, when, where, why. */
export interface IntentTouched {
  intent: string;
  version: number;
  flight: string;
  state: string;
  priority: string;
  entry: [string, number];
  audience: string[] | null;
  decided: "possibly" | "touched";
  volume: number;
  volumes: number;
  from_us: number | null;
  to_us: number | null;
  at: Position | null;
  because: string;
}

/** Some of the intents that are held here: `total` counts all, `first` those before these. */
export interface IntentsView {
  total: number;
  first: number;
  intents: IntentShown[];
}

/** Some time not before `from_us` and not after `to_us`; equal bounds are an instant. */
export interface Interval {
  from_us: number;
  to_us: number;
}

/** One duty of one clause judged: whose, about what, which verdict, by how much, and why. */
export interface JudgedDuty {
  agreement: string;
  clause: string;
  kind: string;
  source_paragraph: string;
  parties: string[];
  towards: string[];
  about: string;
  at_us: number;
  verdict: "late" | "met" | "missed" | "no duty" | "not checkable" | "not triggered";
  measure: Measure | null;
  due_us: number | null;
  because: string;
  cites: string[];
  reservations: string[];
  text: string;
}

/** Places to be kept; `check_only`: nothing is written, only asked. */
export interface KeepBody {
  agreement: string;
  post: string;
  places: KeptPlace[];
  source: string;
  confirmed: boolean;
  check_only: boolean;
}

/** Places are taken into this party's own register, or out of it; nobody is told. */
export interface KeepPlaces {
  type: "keep_places";
  agreement: string;
  post: string;
  places: KeptPlace[];
  source?: string;
  confirmed?: boolean;
}

/** What became of them: how many are new or changed, known already, and what is asked. */
export interface KeptDone {
  fresh: number;
  same: number;
  written: number;
  asked: Asked[];
}

/** One place of this party's own register, exactly; nobody else holds it. */
export interface KeptPlace {
  place: string;
  name: string;
  kind: string;
  lat_e9: number;
  lon_e9: number;
  uncertainty_mm: number;
  text: string;
  removed: boolean;
}

/** A key of a peer: its job, and why it does not count; empty where it does. */
export interface KeyView {
  party: string;
  role: string;
  key: string;
  why: string;
}

/** What a party knew of the logs at an instant. */
export interface KnowledgeView {
  viewer: string;
  at_us: number;
  certain: boolean;
  logs: LogKnown[];
  besides: Besides[];
  besides_more: number;
}

/** How far a message got with one addressee: each level for itself. */
export interface Ladder {
  party: string;
  stored: "no" | "unknown" | "yes";
  received_us: number | null;
  cosigned_us: number | null;
  displayed_us: number | null;
  displayed_post: string | null;
  answer: AnswerView | null;
  standby: AnswerView | null;
  read_back: "differs" | "matched" | "not asked" | "not given" | "waiting";
  differences: string[];
  overdue: string[];
  called: string[];
  outcome: "answered" | "no duty" | "over" | "refused" | "technical failure" | "unanswered" | "waiting";
  outcome_text: string;
  tried: LadderSeen;
  over: Ending | null;
  undelivered: string[];
}

/** Who was tried, when, with what result (S9), from the log. */
export interface LadderSeen {
  party: string;
  voice_at_once: boolean;
  held_until_us: number | null;
  rungs: Rung[];
}

/** A layer: what it draws, as of which days, whose drawing it is. */
export interface LayerShown {
  layer: string;
  agreement: string;
  kind: string;
  name: string;
  from_us: number;
  to_us: number;
  source: string;
  uncertainty_m: number;
  areas: number;
  lines: number;
  shown: boolean;
  age_days: number;
  decides: string;
}

/** One place told to one addressee: how fine, when, stored and displayed when, by which consent. */
export interface LedgerRow {
  agreement: string;
  place: string;
  addressee: string;
  message: [string, number];
  precision_m: number | null;
  sent_us: number;
  stored_us: number | null;
  displayed_us: number | null;
  valid_until_us: number | null;
  word: string;
  word_since_us: number | null;
  consent: [string, number] | null;
  consent_until_us: number | null;
  destroyed_us: number | null;
  finest: boolean;
}

/** What we told, oldest first; of `total` rows these from `start` on, and the narrow entries. */
export interface LedgerView {
  note: string;
  total: number;
  start: number;
  rows: LedgerRow[];
  narrow_total: number;
  narrow: NarrowRow[];
}

/** A legal hold ends. */
export interface LiftHold {
  type: "lift_hold";
  agreement: string;
  post: string;
  hold: string;
  reason: string;
}

/** A line of communication: its ends and hours. "Line" alone always means this. */
export interface Line {
  id: string;
  ends: LineEnd[];
  hours: string;
  languages: string[];
  test_every_s: number | null;
}

/** A line of an agreement: its ends, and our own posts for it, the one at its end first. */
export interface LineBrief {
  line: string;
  parties: string[];
  hours: string;
  languages: string[];
  own_posts: string[];
}

/** An instant at which the glance word of a line became another for one side, and why. */
export interface LineChange {
  at_us: number;
  before: string;
  after: string;
  came: string[];
  gone: string[];
  by: ([string, number])[];
}

/** The glance word at the start of a window, and each change until its end. */
export interface LineChanges {
  viewer: string;
  from_us: number;
  to_us: number;
  first: string;
  changes: LineChange[];
}

/** One end of a line: a post of a party, never a person. */
export interface LineEnd {
  party: string;
  post: string;
}

/** The line is tested every so many seconds; `within_s`: answered in this time. */
export interface LineTest {
  type: "line_test";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  every_s: number;
  on_failure?: string;
  within_s?: number | null;
}

/** The whole vector of a line at an instant, as `viewer` knows it. */
export interface LineVector {
  agreement: string;
  line: string;
  at_us: number;
  sides: Side[];
  test: string;
  test_good_us: number | null;
  glance: string;
  missing: string[];
  viewer: string;
  directions: Direction[];
  hours: string;
  within_hours: boolean | null;
  languages: string[];
}

/** A connection that this node ended, and why. */
export interface LinkEnded {
  at_us: number;
  why: string;
}

/** The link to a party now: up, down or unknown; and when it was heard last. */
export interface LinkShown {
  party: string;
  link: string;
  heard_us: number | null;
}

/** A post enters a telephone call, at once or later: its own end of it. */
export interface LogCall {
  type: "log_call";
  agreement: string;
  line: string;
  post: string;
  party: string;
  outcome: "no answer" | "refused" | "talked" | "technical failure";
  direction?: "placed" | "received";
  began_us: number;
  ended_us?: number | null;
  call?: string;
  spoke_with?: string;
  subject?: string;
  text?: string;
  fields?: Record<string, string>;
  read_back?: Record<string, string>;
  recorder?: string;
  reason?: string;
  language?: string;
  ref?: Reference[];
}

/** How many entries of a log a party knew: surely, and at the most, of those held here. */
export interface LogKnown {
  origin: string;
  party: string;
  kind: string;
  sure: number;
  most: number;
}

/** What became of a bundle's entries of one log. */
export interface LogTaken {
  origin: string;
  taken: number;
  here: number;
  held: number;
  waits: number;
  missing: [number, number] | null;
  why: string;
}

/** A log as held here. */
export interface LogView {
  origin: string;
  agreement: string;
  party: string;
  kind: string;
  year: number;
  own: boolean;
  size: number;
  root: string;
  unreadable: number;
  clock_went_back: number;
  incarnation: number;
  continues: string | null;
  ended: string | null;
  receipts: ReceiptView[];
}

/** What a screen looks at: a box in degrees, and aircraft that it wants wherever they are. */
export interface Looking {
  kind: "looking";
  west_deg: number;
  south_deg: number;
  east_deg: number;
  north_deg: number;
  always: number[];
}

/** What a bundle shall be: how long at most, and whether it goes on from the last one made. */
export interface MakeBundle {
  type?: "bundle";
  most_bytes?: number;
  goes_on?: boolean;
}

/** A boundary as drawn, with its sides and the band within which its course is not decided. */
export interface MapBoundary {
  boundary: string;
  agreement: string;
  name: string;
  line: ([number, number])[];
  band: DrawnShape;
  direction: string;
  left: string;
  right: string;
  uncertainty_m: number;
  agreed_by: string[];
  asserted_by: string[];
  from_us: number | null;
  to_us: number | null;
  version: number;
}

/** An operational intent that stands, with its volumes. */
export interface MapIntent {
  intent: string;
  agreement: string;
  party: string;
  flight: string;
  state: string;
  priority: string;
  version: number;
  volumes: MapVolume[];
}

/** A dated layer behind the map; it decides nothing. */
export interface MapLayer {
  layer: string;
  agreement: string;
  geojson: Record<string, unknown>;
}

/** A place of an agreement's gazetteer. */
export interface MapPlace {
  place: string;
  agreement: string;
  name: string;
  aliases: string[];
  role: string;
  lon_deg: number;
  lat_deg: number;
  uncertainty_m: number;
}

/** Everything that lies still; `left_out`: intents that are not drawn for want of room. */
export interface MapView {
  digest: string;
  base_map: string;
  zones: MapZone[];
  boundaries: MapBoundary[];
  intents: MapIntent[];
  layers: MapLayer[];
  places: MapPlace[];
  left_out: number;
}

/** A volume of an intent: outline, limits, window. */
export interface MapVolume {
  shape: DrawnShape;
  lower: VerticalLimit;
  upper: VerticalLimit;
  from_us: number | null;
  to_us: number | null;
}

/** A zone as drawn; `zone` with `agreement` is its name in `/api/screen`. */
export interface MapZone {
  zone: string;
  agreement: string;
  name: string;
  kind: string;
  shape: DrawnShape;
  lower: VerticalLimit;
  upper: VerticalLimit;
  from_us: number | null;
  to_us: number | null;
  owner: string | null;
  agreed_by: string[];
  asserted_by: string[];
  exclusions: DrawnShape[];
  exclusion_names: string[];
  uncertainty_m: number;
  sources: string[];
  version: number;
}

/** How near one party flew to one line on one day, by this node's own looks since it started. */
export interface MarginShown {
  agreement: string;
  line: string;
  party: string;
  day: string;
  flown_s: number;
  p5_m: number | null;
  p5_beyond: "" | "at least" | "at least beyond";
  p50_m: number | null;
  p50_beyond: "" | "at least" | "at least beyond";
  reach_m: number;
  least_m: number | null;
  least_at_us: number | null;
  least_flight: string;
  near_m: number;
  near_s: number;
  near_most_s: number;
  beyond_ends_s: number;
  crossings: number;
}

/** A post has seen an alert (`ref`, anybody's), or has called about it; `about`: in what. */
export interface MarkAlert {
  type: "mark_alert";
  ref: [string, number];
  post: string;
  stage: "called" | "seen";
  text?: string;
  about?: Reference | null;
  renewal?: [string, number] | null;
  at_us?: number | null;
}

/** What was measured, against what, and by how much it is over or short of it; all in `unit`. */
export interface Measure {
  value: number;
  limit_quantity: number;
  unit: string;
  off_quantity: number;
}

/** A message with its deadline and each addressee's answer. */
export interface MessageRow {
  at: string;
  cite: string;
  by: string;
  to: string[];
  type: string;
  about: string;
  answers: AnswerRow[];
}

/** A message, what it asks for, and how far it got with each addressee. */
export interface MessageView {
  key: [string, number];
  agreement: string;
  line: string;
  party: string;
  post: string;
  to: string[];
  message_type: string;
  message_class: string;
  subject: string;
  text: string;
  fields: Record<string, string>;
  status: string;
  sent_us: number;
  valid_until_us: number | null;
  expired: boolean;
  life_safety: boolean;
  answers: string[];
  answer_due_us: number | null;
  read_back: string[];
  read_back_due_us: number | null;
  awaits_us: boolean;
  may_answer: string[];
  open: boolean;
  reading: "destroyed" | "guarded" | "opened" | "plain" | "sealed";
  opened: OpenedView[];
  audience: string[] | null;
  signed: "double-signed" | "not signed by a person" | "single-signed";
  signatures: Signed[];
  ladder: Ladder[];
  language: string;
  about: [string, number] | null;
  one_sided: boolean;
  corrected_by: [string, number] | null;
  cancelled_by: [string, number] | null;
  over_text: string;
  translations: Translation[];
  places: PlaceCheck[];
  differs: string[];
  lead_text: string;
  units: DistributionView[];
}

/** Separation minima as a clause has them. */
export interface MinimaBrief {
  clause: string;
  horizontal_m: number;
  vertical_m: number;
  joined: string;
  class_pairs: ([string, string])[];
}

/** One move of an intent: later, up, north and east. */
export interface Move {
  delay_s: number;
  climb_m: number;
  north_m: number;
  east_m: number;
}

/** An own intent is delayed, extended, climbed or shifted: it becomes its next version. */
export interface MoveIntent {
  type: "move_intent";
  agreement: string;
  post: string;
  intent: string;
  delay_s?: number;
  extend_s?: number;
  climb_m?: number;
  north_m?: number;
  east_m?: number;
}

/** What became of one intent; `before` or `after` None: that version is not held here. */
export interface MoveShown {
  move: IntentMove;
  flight: string;
  before: IntentPlace | null;
  after: IntentPlace | null;
}

/** A bundle, as the next one and its receiver name it. */
export interface Named {
  id: string;
  number: number;
  made_us: number;
}

/** The number of an aircraft in frames, its name, and whose it is as far as its feed says. */
export type NamedTrack = [number, string, string | null];

/** Numbers of aircraft in frames. */
export interface Names {
  kind: "names";
  names: NamedTrack[];
}

/** Another entry of ours whose words went to some parties only. */
export interface NarrowRow {
  agreement: string;
  entry: NarrowSeen;
}

/** An own entry whose words went to some parties only: a sealed intent, a narrow message. */
export interface NarrowSeen {
  key: [string, number];
  what: string;
  object: string;
  to: string[];
  sent_us: number;
  valid_until_us: number | null;
}

/** How near two aircraft came, and for how long they were inside the minima of a clause. */
export interface NearRow {
  aircraft: [string, string];
  clause: string;
  nearest_m: number;
  at: string;
  vertical_m: number;
  inside_s: number;
}

/** The node sent an alarm to a person of this party, and this became of it. */
export interface NoteAlarmSent {
  type: "note_alarm_sent";
  agreement: string;
  alarm: string;
  post: string;
  channel: "smtp" | "sound" | "webhook";
  attempt: number;
  delivered: boolean;
  detail?: string;
}

/** How many notices of a party stand how, under an agreement; all of them are counted. */
export interface NoticeCounts {
  agreement: string;
  party: string;
  counts: Record<string, number>;
}

/** A standing notice: whose, to whom, how it stands since when, and what may be read of it. */
export interface NoticeRow {
  message: [string, number];
  agreement: string;
  party: string;
  to: string[];
  line: string;
  message_type: string;
  status: string;
  word: "expired" | "fresh" | "replaced" | "stale" | "withdrawn";
  since_us: number;
  sent_us: number;
  last_word_us: number;
  fresh_until_us: number;
  expires_us: number;
  late: boolean;
  reading: "destroyed" | "guarded" | "opened" | "plain" | "sealed";
  precision_m: number | null;
  fields: Record<string, string>;
  text: string;
  by: [string, number] | null;
  clause: string | null;
}

/** Standing notices: all counted; of those asked for `total`, these from `start` on. */
export interface NoticesView {
  note: string;
  counts: NoticeCounts[];
  total: number;
  start: number;
  notices: NoticeRow[];
}

/** Notices come `lead_s` before what they announce; `of`: message types, empty is all. */
export interface Notification {
  type: "notification";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  lead_s: number;
  of?: string[];
  answer_within_s?: number | null;
  emergency_lead_s?: number | null;
  content?: string[];
  trigger?: "" | "crossing" | "entry" | "flight";
  boundary?: string;
  zone?: string;
  required_units?: Record<string, string[]>;
  units_before_s?: number | null;
}

/** How an objection stands with one addressee, with the reason where it was refused. */
export interface ObjectionAt {
  party: string;
  word: "agreed" | "refused" | "technical failure" | "unanswered" | "waiting" | "withdrawn";
  detail: string;
}

/** An objection; `outstanding`: somebody has not agreed to it and it was not withdrawn. */
export interface ObjectionSeen {
  message: [string, number];
  party: string;
  what: string;
  text: string;
  since_us: number;
  outstanding: boolean;
  at: ObjectionAt[];
}

/** Somebody at a post reads a guarded notice: written into the private log. */
export interface OpenPayload {
  type: "open_payload";
  ref: [string, number];
  post: string;
  purpose?: string;
}

/** Somebody at a post of this party opened a guarded notice; it stands in the private log. */
export interface OpenedView {
  post: string;
  at_us: number;
  purpose: string;
}

/** A person by pseudonym: the key, the posts, and whether it counts now; if not, why. */
export interface OperatorView {
  operator: string;
  agreement: string;
  party: string;
  key: string;
  posts: string[];
  enrolled_us: number;
  until_us: number | null;
  counts: boolean;
  why: string;
}

/** The nearest free move of one kind; None is none, and `text` then says why. */
export interface Option {
  how: "lateral" | "level" | "time";
  move: PlannedMove | null;
  text: string;
}

/** What another party says of the same conflict, by its own entry. */
export interface OtherWord {
  key: [string, number];
  raised_by: string;
  raised_us: number;
  alert_class: string;
  loss_us: number;
  least_horizontal_mm: number;
  vertical_then_mm: number;
}

/** One agreement over a ground: whether it binds, whom, its zones there, and its rules. */
export interface OverGround {
  agreement: string;
  title: string;
  word: string;
  why: string;
  version: number;
  whose: string[];
  one_sided: boolean;
  suspended: string[];
  withdrawn: string[];
  zones: ZoneHere[];
  rules: RuleHere[];
}

/** A unit says by its own token that it has a notice; `unit` is checked against the token. */
export interface OwnReceipt {
  ref: [string, number];
  loaded: boolean;
  unit: string;
}

/** Whose receipt was written, and where it stands; None: it had been said already. */
export interface OwnReceiptDone {
  unit: string;
  key: [string, number] | null;
}

/** Who signs: id, name, posts (duty positions) in the order of escalation, units below them. */
export interface Party {
  id: string;
  name: string;
  role: string;
  languages: string[];
  posts: string[];
  units: string[];
  bound_through: string | null;
  standing: "bound through another" | "civil user" | "guarantor" | "host state" | "non-party" | "observer" | "partner force" | "signatory";
  signed_by: string;
}

/** A party of an agreement: posts in the order of escalation, units below them. */
export interface PartyBrief {
  party: string;
  name: string;
  posts: string[];
  units: string[];
  languages: string[];
  bound_through: string | null;
}

/** How far one party has come with an alert; instants as written, `..._said_us` as it says. */
export interface PartyLife {
  party: string;
  word: "called" | "not seen" | "seen";
  seen_us: number | null;
  seen_said_us: number | null;
  seen_post: string;
  seen_late: boolean;
  seen_after: boolean;
  called_us: number | null;
  called_said_us: number | null;
  called_post: string;
  called_how: string;
  called_late: boolean;
  called_after: boolean;
  about: [string, number] | null;
}

/** A party: its standing, where it stands by its own acts, and whether duties are on it. */
export interface PartyShown {
  party: string;
  name: string;
  standing: string;
  role: string;
  bound_through: string;
  status: PartyStatus;
  duty: boolean;
  why: string;
}

/** Where one party stands with an agreement as a whole, by its own signed acts. */
export interface PartyStatus {
  party: string;
  word: string;
  since_us: number | null;
  by: [string, number] | null;
  reason: string;
  post: string;
  immediate: boolean;
  signing: string;
  second_due_us: number | null;
  duties_until_us: number | null;
  answers: string;
  pending: Pending[];
}

/** What a browser needs to make a passkey. */
export interface PasskeyBegun {
  challenge: string;
  salt: string;
  rp_id: string;
  key_name: string;
  taken: string[];
}

/** A passkey that was made, and the enrolment of the operator key that it gives. */
export interface PasskeyMade {
  challenge: string;
  client_data: string;
  attestation: string;
  enrolment: EnrolOperator;
}

/** A passkey that is kept here: whose, which operator key it guards, the name it is for. */
export interface PasskeyShown {
  operator: string;
  key: string;
  rp_id: string;
  id: string;
  salt: string;
  made_us: number;
}

/** A person's signature on an entry, and the passkey's assertion for it. */
export interface PasskeySigned {
  act: SignAct;
  id: string;
  client_data: string;
  authenticator_data: string;
  assertion: string;
}

/** For which person a passkey is to be made. */
export interface PasskeyWanted {
  operator: string;
}

/** A line at an instant by what one side surely knew, and by what it may have known besides. */
export interface PastVector {
  viewer: string;
  at_us: number;
  certain: LineVector;
  perhaps: LineVector;
  besides: Besides[];
  besides_more: number;
}

/** A peer: the link to it as measured here, its clock, what was not taken from it. */
export interface PeerView {
  party: string;
  link: string;
  heard_us: number | null;
  clock_offset_us: number | null;
  clock: ClockView | null;
  faults: number;
  refused: RefusedView[];
  keys_refused: KeyView[];
  claims_more_of: string | null;
}

/** An act that stands in the log and has no effect yet: which, from when, what it waits for. */
export interface Pending {
  value: string;
  by: [string, number];
  said_us: number;
  effective_us: number;
  waits_for: string;
  reason: string;
  whole: boolean;
}

/** The entry that was written, and all that was. */
export interface PersonDone {
  key: [string, number] | null;
  written: Written[];
}

/** A place: name, other spellings, and a position that may be wrong by `uncertainty_m`. */
export interface Place {
  id: string;
  name: string;
  position: Position;
  aliases: string[];
  uncertainty_m: number;
  role: string;
}

/** A named place against the coordinates beside it; lengths are None where none was found. */
export interface PlaceCheck {
  place: string;
  field: string;
  word: "agrees" | "differs" | "undecided" | "unknown place";
  apart_m: number | null;
  within_m: number | null;
  uncertainty_m: number | null;
  clause: string | null;
}

/** A place of our own register, without where it lies and what it is called. */
export interface PlaceView {
  agreement: string;
  place: string;
  kind: string;
  removed: boolean;
  told_to: string[];
}

/** Part of the register: `total` places, these from `start` on. */
export interface PlacesView {
  total: number;
  start: number;
  places: PlaceView[];
}

/** A plan: what is touched, and a proposal for each; `left_out`: so many were not searched. */
export interface Plan {
  touched: Touched;
  proposals: Proposal[];
  left_out: number;
}

/** What is to become of one own intent, as `rules.reposition` proposed it or a person chose. */
export interface PlannedMove {
  intent: string;
  how: "cancelled" | "lateral" | "level" | "time" | "unchanged";
  delay_s: number;
  climb_m: number;
  north_m: number;
  east_m: number;
  text: string;
  version: number | null;
}

/** What a ring bounds, less its holes. */
export interface Polygon {
  type: "polygon";
  exterior: Position[];
  holes?: Position[][];
  edges?: "geodesic" | "planar";
}

/** A point on the WGS-84 ellipsoid, degrees; without height. */
export interface Position {
  lat_deg: number;
  lon_deg: number;
}

/** A named place and coordinates sent together lie within this distance of each other. */
export interface PositionCheck {
  type: "position_check";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  named_place_within_m: number;
}

/** How many new alarms one post got: now, and over the day, in windows of ten minutes. */
export interface PostLoad {
  post: string;
  in_10_min: number;
  in_day: number;
  p95_in_10_min: number;
  most_in_10_min: number;
  steady: boolean;
}

/** A post of a party: "present", "left", or "lapsed" when nobody said so again in time. */
export interface PostPresence {
  post: string;
  word: string;
  since_us: number;
  by: [string, number];
}

/** Which of two intents goes first, and why; both empty is a tie. */
export interface Precedence {
  goes_first: string;
  gives_way: string;
  why: string;
  clause: string | null;
  line: string | null;
  settled_by: [string, number] | null;
}

/** From which source levels are compared with altitudes, and how far apart they may be. */
export interface PressureRule {
  source: string;
  place: string;
  transition_altitude_m: number | null;
  transition_level_m: number | null;
  bound_m: number;
  stale_after_s: number;
}

/** By which QNH an agreement compares levels with altitudes now, or why by none. */
export interface PressureView {
  agreement: string;
  source: string;
  place: string;
  qnh_hpa: number | null;
  observed_us: number | null;
  age_s: number | null;
  bound_m: number | null;
  stale_after_s: number;
  because: string;
  transition_altitude_m: number | null;
  transition_level_m: number | null;
  others: string[];
}

/** Who comes first, in order: priorities of intents and flights; equal ones go to the line. */
export interface Priority {
  type: "priority";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  order: string[];
  preempt_within_s?: number | null;
}

/** What must not be exchanged: subjects, message types, and words at which free text asks. */
export interface Prohibited {
  type: "prohibited";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  subjects?: string[];
  message_types?: string[];
  words?: string[];
}

/** A zone is requested, issued or ended. */
export interface Promulgate {
  type: "promulgate";
  agreement: string;
  post: string;
  zone: string;
  promulgation: "draft" | "ended" | "issued" | "requested";
  from_us?: number | null;
  to_us?: number | null;
  reference?: string;
}

/** What could become of one touched intent. */
export interface Proposal {
  touched: IntentTouched;
  options: Option[];
  together: PlannedMove | null;
  together_text: string;
}

/** A proposed text: how far it got, its exact document, and what it changes, in sentences. */
export interface ProposalShown {
  agreement: string;
  text: VersionShown;
  document: string;
  changes: string[];
}

/** This party proposes another text of an agreement; `document`: its canonical JSON. */
export interface ProposeAgreement {
  type: "propose_agreement";
  agreement: string;
  post: string;
  document: string;
  from_us?: number | null;
  reason?: string;
}

/** A number as somebody stated it: "up to" 800,000, by a source, perhaps with its date. */
export interface QualifiedNumber {
  qualifier: string;
  value: number;
  source: string;
  as_of: string;
}

/** Fields are read back within `within_s`; `of` empty means whatever asks for it. */
export interface ReadBack {
  type: "read_back";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  within_s: number;
  of?: string[];
}

/** Notices to be opened and read; each opening is written into the private log. */
export interface ReadBody {
  refs: ([string, number])[];
  post: string;
  purpose: string;
}

/** What they say, with how each stands. */
export interface ReadDone {
  notices: NoticeRow[];
  refused: RowRefused[];
}

/** A unit has a notice: by its own word, or by voice, entered by the post that heard it. */
export interface ReceiptUnit {
  type: "receipt_unit";
  ref: [string, number];
  post: string;
  unit: string;
  by?: "unit" | "voice";
  at_us?: number | null;
  loaded?: boolean;
  text?: string;
}

/** A peer's newest receipt for one of our logs: it holds that many entries, it says since. */
export interface ReceiptView {
  party: string;
  size: number;
  at_us: number;
}

/** How the recording of the picture does: it is this node's own memory, signed by nobody. */
export interface RecordingView {
  records: boolean;
  frames: number;
  skipped: number;
  torn: number;
  removed: number;
  fault: string;
}

/** One entry of any log: origin, index, leaf hash (hex). */
export interface Reference {
  log: string;
  index: number;
  leaf: string;
}

/** What was not taken from a peer: quota, fault or sealed; how often, the last reason. */
export interface RefusedView {
  what: string;
  count: number;
  why: string;
  written: boolean;
}

/** This party registers an incident by a definition, with figures as somebody gives them. */
export interface RegisterIncident {
  type: "register_incident";
  agreement: string;
  post: string;
  incident: string;
  kind: string;
  definition: string;
  from_us: number;
  to_us: number;
  title?: string;
  figures?: Record<string, string>;
  source?: string;
  ref?: Reference[];
}

/** Every party's register, the counts by definition, and where registers differ. */
export interface RegisterSeen {
  incidents: IncidentSeen[];
  counts: IncidentCount[];
  differing: string[];
}

/** One report about a relay; the last one counts. */
export interface RelayReportView {
  key: [string, number];
  outcome: string;
  post: string;
  at_us: number;
  entered_us: number;
  received_by: string;
  text: string;
}

/** A relay request with one party that was asked: how it stands, by whom, since when. */
export interface RelayView {
  agreement: string;
  key: [string, number];
  line: string;
  asked_by: string;
  party: string;
  third: string;
  message: string;
  state: "asked" | "declined" | "no report" | "passed" | "taken" | "unknown";
  by_post: string;
  since_us: number;
  age_s: number | null;
  received_by: string;
  text: string;
  remark: string;
  reports: RelayReportView[];
}

/** A person no longer signs. */
export interface RemoveOperator {
  type: "remove_operator";
  agreement: string;
  post: string;
  operator: string;
  reason?: string;
}

/** This party renews the text in force; without an instant for as long as its clause says. */
export interface RenewAgreement {
  type: "renew_agreement";
  agreement: string;
  post: string;
  until_us?: number | null;
}

/** The whole report; `people`: what only people can fill in. */
export interface Report {
  agreements: string[];
  from_time: string;
  to_time: string;
  as_of: string;
  source: string;
  subject: string;
  timeline: TimelineRow[];
  messages: MessageRow[];
  calls: CallRow[];
  geometry: NearRow[];
  geometry_lacks: string;
  counts: Record<string, number>;
  verdicts: JudgedDuty[];
  demands: DemandRow[];
  measures: TimelineRow[];
  people: string[];
}

/** A post says a unit's report to nobody, and why. */
export interface ReportAside {
  id: string;
  post: string;
  reason: string;
}

/** This party reports the QNH of a place. */
export interface ReportPressure {
  type: "report_pressure";
  agreement: string;
  post: string;
  place: string;
  qnh_hpa: number;
  observed_us?: number | null;
  bound_m?: number | null;
}

/** A post says what became of a message that it was asked to pass on to somebody else. */
export interface ReportRelay {
  type: "report_relay";
  ref: [string, number];
  post: string;
  outcome: "declined" | "passed" | "unknown";
  at_us?: number | null;
  received_by?: string;
  text?: string;
}

/** A post has said a unit's report, as the message at this place of our own log. */
export interface ReportSaid {
  id: string;
  post: string;
  message: [string, number];
}

/** Own intents that a changed rule touches are moved, told of, and recorded, in one act. */
export interface Reposition {
  type: "reposition";
  agreement: string;
  line: string;
  post: string;
  object: string;
  from_us: number;
  moves: PlannedMove[];
  to?: string[];
  ref?: Reference[];
  text?: string;
  side?: string;
  confirmed?: boolean;
}

/** One act in a list: by whom, because of what, how many intents. */
export interface RepositionRow {
  key: [string, number];
  agreement: string;
  party: string;
  at_us: number;
  object: string;
  side: string;
  from_us: number;
  intents: number;
  flights: number;
  text: string;
  audience: string[] | null;
}

/** One act, by whom, because of what. */
export interface RepositionShown {
  key: [string, number];
  agreement: string;
  party: string;
  post: string;
  at_us: number;
  object: string;
  side: string;
  version: number;
  from_us: number;
  text: string;
  ref: Reference[];
  flights: string[];
  audience: string[] | null;
  object_word: string;
  moves: MoveShown[];
  more: number;
}

/** This party says which of its own units must have a notice, and by when. */
export interface RequireUnits {
  type: "require_units";
  ref: [string, number];
  post: string;
  units: string[];
  due_us?: number | null;
}

/** What a party keeps for itself against a clause: its own words, never judged. */
export interface Reservation {
  by: string;
  text: string;
}

/** A statement of an offline root, to be told to every party of the agreement. */
export interface RevokeKey {
  type: "revoke_key";
  agreement: string;
  post: string;
  statement: string;
}

/** A ring around a place that is not crossed inbound without contact. */
export interface Ring {
  type: "ring";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  ring: string;
  rule?: string;
  contact?: string[];
}

/** A row of a list that was not done, and why. */
export interface RowRefused {
  row: string;
  why: string;
}

/** One clause that speaks of a place or a pair, and whose it is. */
export interface RuleHere {
  agreement: string;
  clause: string;
  kind: string;
  source: string;
  zones: string[];
  undecided: boolean;
}

/** One post of the ladder: when it was to be called, when it was, and what came of it. */
export interface Rung {
  step: number;
  post: string;
  due_us: number;
  called_us: number | null;
  result: "answered" | "no answer" | "not called" | "refused" | "technical failure" | "waiting";
  detail: string;
}

/** A post says something on a line. */
export interface Say {
  type: "say";
  agreement: string;
  line: string;
  post: string;
  to: string[];
  message_type: string;
  message_class?: "ADMIN" | "DISTRESS" | "ROUTINE" | "SAFETY" | "URGENT" | null;
  subject?: string;
  text?: string;
  fields?: Record<string, string>;
  ref?: Reference[];
  answer_within_s?: number | null;
  wants_answer?: boolean;
  wants_read_back?: boolean | null;
  status?: "actual" | "exercise" | "test";
  happened?: Interval | null;
  valid_until_us?: number | null;
  addressees_only?: boolean;
  confirmed?: boolean;
  language?: string;
}

/** Windows by day, the time zone that they are said in, and that zone's offsets worked out. */
export interface Schedule {
  windows: DailyWindow[];
  timezone: string;
  offsets: ([number, number])[];
  until_us: number | null;
  sun_at: Position | null;
  at_clock_change: "" | "earlier" | "later";
}

/** The whole screen at `at_us` as `viewer` knew it; `past` says that it is not now. */
export interface ScreenView {
  at_us: number;
  now_us: number;
  party: string;
  viewer: string;
  past: boolean;
  certain: boolean;
  map_digest: string;
  status: StatusView | null;
  lines: LineVector[];
  alerts: AlertsView;
  alarms: AlarmsView;
  messages: MessageView[];
  messages_left_out: number;
  calls: CallsView;
  calls_left_out: number;
  relays: RelayView[];
  untold: DistributionView[];
  unit_reports: UnitReport[];
  zones: ZoneShown[];
  boundaries: BoundaryShown[];
  intents: IntentsView;
  conflicts: ConflictsView[];
  agreements: AgreementBrief[];
}

/** Minima of a pair of parties, apart by one (`or`) or both (`and`), and how long inside. */
export interface Separation {
  type: "separation";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  horizontal_m: number;
  vertical_m: number;
  joined?: "and" | "or";
  dwell_s?: number | null;
  class_pairs?: ([string, string])[];
  vertical_quantisation_m?: number | null;
}

/** The session of this browser. */
export interface SessionView {
  party: string;
  role: "observer" | "operator";
  form_number: string | null;
  signed_in: boolean;
  ends_in_s: number | null;
  token_wanted: boolean;
  walled: boolean;
  clock: "driven" | "wall";
  version: string;
  language: string;
}

/** The owner of a zone says what is physically happening in it. */
export interface SetActivity {
  type: "set_activity";
  agreement: string;
  post: string;
  zone: string;
  activity: "cold" | "hot" | "unknown";
  from_us?: number | null;
  to_us?: number | null;
}

/** Nothing under the agreement is destroyed here until the hold is lifted. */
export interface SetHold {
  type: "set_hold";
  agreement: string;
  post: string;
  hold: string;
  reason: string;
}

/** One party's side of the vector, each value with since when and the entry behind it. */
export interface Side {
  party: string;
  agreement: string;
  agreement_since_us: number | null;
  agreement_by: [string, number] | null;
  link: string;
  heard_us: number | null;
  attended: string;
  attended_since_us: number | null;
  used_last_us: number | null;
  used_24h_count: number;
  agreement_reason: string;
  agreement_post: string;
  agreement_signing: string;
  agreement_because: string;
  second_due_us: number | null;
  pending: Pending[];
  posts: PostPresence[];
  languages: string[];
}

/** Which side words like "west of the river" mean: a name of a side, never a compass test. */
export interface SideNamed {
  side: string;
  decided: string;
  name: string;
  because: string;
}

/** A person signs an entry of this party: signature (hex) over its origin, index, leaf hash. */
export interface SignAct {
  type: "sign_act";
  ref: [string, number];
  post: string;
  operator: string;
  signature: string;
}

/** This party countersigns a proposed text, or declines it; `ref`: the proposal. */
export interface SignAgreement {
  type: "sign_agreement";
  ref: [string, number];
  post: string;
  take: boolean;
  reason?: string;
}

/** What a browser shows: the token of the node's token file to act, an observer's to look. */
export interface SignIn {
  token: string;
}

/** Nothing: the session is the one of the browser that asks. */
export interface SignOut {
}

/** How far a party is with signing a text: which entry, by whom, since when by two people. */
export interface Signature {
  party: string;
  entry: [string, number] | null;
  people: string[];
  signed_us: number | null;
  evidence: ([string, number])[];
}

/** A person's signature on an entry: who, at which post, when, and whether it counts. */
export interface Signed {
  operator: string;
  post: string;
  at_us: number;
  counts: boolean;
  why: string;
}

/** From when until when the picture was recorded without a gap. */
export interface Span {
  from_us: number;
  to_us: number;
}

/** Aircraft of the classes in `applies_to` keep this far from a boundary, zone or place. */
export interface StandOff {
  type: "stand_off";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  distance_m: number;
  boundary?: string;
  zone?: string;
  place?: string;
  side?: "" | "left" | "right";
  dwell_s?: number;
  unless_notified?: string[];
}

/** Notices that stand are confirmed again every so often; else they are marked stale. */
export interface StandingNotice {
  type: "standing_notice";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  reconfirm_every_s: number;
  expire_s?: number | null;
  of?: string[];
}

/** All of it under every agreement held here, oldest first. */
export interface StandingView {
  objections: ObjectionSeen[];
  disowned: DisownedSeen[];
  advisories: AdvisorySeen[];
  yields: YieldSeen[];
}

/** One aircraft of an alert, or a formation, as known when it was evaluated. */
export interface StateShown {
  aircraft: string;
  party: string | null;
  at_us: number;
  lat_e9: number;
  lon_e9: number;
  altitude_mm: number;
  altitude_reference: string;
  east_mmps: number;
  north_mmps: number;
  up_mmps: number;
  age_us: number;
  status: string;
  feed: string;
  horizontal_sigma_mm: number | null;
  vertical_sigma_mm: number | null;
  velocity_sigma_mmps: number | null;
  members: string[];
  radius_mm: number;
}

/** The node at a glance; `forks` comes first: who signed two histories. */
export interface StatusView {
  party: string;
  forks: ForkView[];
  disputes: DisputeView[];
  now_us: number;
  version: string;
  agreements: string[];
  peers: PeerView[];
  lines: Record<string, string>;
  queued: number;
  open_messages: number;
  awaiting_us: number;
  open_alerts: number;
  holds: HoldView[];
  faults: string[];
  links_ended: LinkEnded[];
  by_file_us: Record<string, number>;
  language: string;
}

/** One party alone may suspend, with notice; what is exempt still passes. */
export interface Suspension {
  type: "suspension";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  notice_s: number;
  exempt?: string[];
  withdrawal_notice_s?: number | null;
}

/** Places to be told to one addressee, so many as one part may have. */
export interface TellBody {
  agreement: string;
  line: string;
  post: string;
  to: string;
  precision_m: number;
  places: string[];
  from_us: number | null;
  to_us: number | null;
  valid_until_us: number | null;
  text: string;
  named: boolean;
}

/** What a part led to. `left`: so many are to be told yet; ask again after `wait_s`. */
export interface TellDone {
  told: number;
  already: number;
  refused: RowRefused[];
  left: number;
  wait_s: number;
  why: string;
}

/** A term that only people read: kept word for word, never judged. */
export interface Term {
  type: "term";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  source?: string;
}

/** Tests of one kind one way: the word, when the last good one was, and what was missed. */
export interface TestAge {
  kind: "machine" | "person";
  word: string;
  good_us: number | null;
  good_by: [string, number] | null;
  last_us: number | null;
  due_us: number | null;
  missed: number;
}

/** Call every contact with a text that says it is a test; of one post, or of all. */
export interface TestCall {
  post: string | null;
}

/** What became of a test call to one contact. */
export interface TestCalled {
  name: string;
  post: string;
  channel: string;
  delivered: boolean;
  detail: string;
}

/** A person at a post tests a line: words for the other end's person to read back. */
export interface TestLine {
  type: "test_line";
  agreement: string;
  line: string;
  post: string;
  to?: string[];
}

/** The text of an agreement at an instant, its exact document, and what it asked of whom. */
export interface TextShown {
  text: TextView;
  duties: DutyShown[];
}

/** What of an agreement is in force for whom at an instant. */
export interface TextView {
  agreement_id: string;
  at_us: number;
  word: string;
  why: string;
  party: string;
  agreement: Agreement | null;
  document: string;
  sha256: string;
  from_us: number | null;
  to_us: number | null;
  until_us: number | null;
  agreed_by: string[];
  asserted_by: string[];
  bound_through: Record<string, string>;
  suspended: string[];
  withdrawn: string[];
  proposal: [string, number] | null;
}

/** Something that happened: what kind, its word, by whom, about what; the entry behind it. */
export interface Tick {
  at_us: number;
  kind: "alert" | "alert end" | "answer" | "glance" | "line" | "link" | "message" | "presence" | "zone";
  word: string;
  party: string;
  about: string;
  agreement: string;
  key: [string, number] | null;
}

/** Something that stands in the evidence, at its time. */
export interface TimelineRow {
  at: string;
  cite: string;
  text: string;
}

/** What happened in a window, oldest first, and where the picture was recorded. */
export interface TimelineView {
  from_us: number;
  to_us: number;
  now_us: number;
  first_us: number | null;
  ticks: Tick[];
  left_out: Record<string, number>;
  glance_left_out: string[];
  spans: Span[];
  recording: RecordingView;
}

/** The three times of one fact: when it happened, when it was sent, when it became known. */
export interface Times {
  happened: Interval | null;
  sent: Interval | null;
  known: Interval | null;
}

/** A unit's token, told this once, and where the unit shows it. */
export interface TokenMade {
  unit: string;
  token: string;
  url: string;
}

/** That a unit has a token, since when, and how many of its sessions stand. */
export interface TokenShown {
  unit: string;
  made_us: number;
  sessions: number;
}

/** Which unit is to have a token, or is to lose it. */
export interface TokenWanted {
  unit: string;
}

/** What an object touches of this party's own, from `from_us` on. */
export interface Touched {
  agreement: string;
  object: string;
  kind: string;
  version: number;
  side: string;
  from_us: number;
  to_us: number | null;
  by: string[];
  binding: boolean;
  word: string;
  ref: Reference[];
  intents: IntentTouched[];
  flights: FlightTouched[];
  looked: number;
}

/** One position of one aircraft: when, where, how high above what, and whose it is. */
export interface TrackReport {
  aircraft: string;
  at_us: number;
  lat_deg: number;
  lon_deg: number;
  altitude_m: number;
  altitude_reference: "AGL" | "AMSL" | "STD" | "WGS84";
  party: string | null;
  feed: string | null;
}

/** A feed reports positions, in the order in which they came. */
export interface TrackReports {
  type: "track_reports";
  feed: string;
  reports: TrackReport[];
}

/** What reports led to: how many came in, and the alerts and other entries written at once. */
export interface TracksTaken {
  reports: number;
  written: Written[];
}

/** A translation as it stands beside its message: into what, by which post of whom, how. */
export interface Translation {
  key: [string, number];
  language: string;
  text: string;
  how: string;
  party: string;
  post: string;
  at_us: number;
}

/** A notice as one unit must have it. */
export interface UnitNotice {
  view: MessageView;
  unit: UnitSeen;
  begins_us: number | null;
  ends_us: number | null;
  begun: boolean;
  over: string;
  cancels: boolean;
  before: MessageView | null;
  masked: boolean;
}

/** A unit's report, and what became of it. */
export interface UnitReport {
  id: string;
  unit: string;
  told_us: number;
  saw: UnitSaw;
  state: "put aside" | "said" | "waits";
  by: string;
  ended_us: number | null;
  said_as: [string, number] | null;
  reason: string;
}

/** What a unit saw, in its own words. */
export interface UnitSaw {
  flight: string;
  seen: string;
  where: string;
  when_us: number | null;
  zone: string;
  notice: [string, number] | null;
}

/** One unit and one notice, as the logs held here say it. */
export interface UnitSeen {
  unit: string;
  word: "has the old one" | "loaded" | "not told" | "told";
  missing: boolean;
  required_by: string[];
  must_load: boolean;
  due_us: number | null;
  told_us: number | null;
  told_by: "unit" | "voice" | null;
  told_post: string;
  said_us: number | null;
  loaded_us: number | null;
  untold_us: number | null;
  late_s: number | null;
}

/** How the agreement ends or goes on: it lapses, is renewed by itself, or when all say so. */
export interface Validity {
  type: "validity";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  renewal?: "automatic" | "consensus" | "lapse";
  renew_s?: number | null;
  review_every_s?: number | null;
  warn_before_s?: number;
  prevailing_language?: string;
}

/** Verdicts over a window, as known at an instant, with what each cites. */
export interface VerdictsView {
  from_time: string;
  to_time: string;
  as_of: string;
  source: string;
  counts: Record<string, number>;
  verdicts: JudgedDuty[];
  clauses: Record<string, Separation | StandOff | Notification | Acknowledgement | ReadBack | LineTest | Watch | Validity | Suspension | PositionCheck | ExclusiveChannel | Ring | BoundaryRule | ZoneRule | ZoneStatus | Priority | Yield | Bearer | Frequency | Prohibited | IncidentReport | Disclosure | Dispute | IntentLimits | Distribution | StandingNotice | Term>;
  cited: Cited[];
}

/** One version of a line: whose it is, since when it holds, where that stands. */
export interface VersionAt {
  version: number;
  name: string;
  left: string;
  right: string;
  vertices: number;
  uncertainty_m: number;
  agreed_by: string[];
  asserted_by: string[];
  from_us: number | null;
  to_us: number | null;
  binds: boolean;
  sources: string[];
  text_sha256: string;
  declared: [string, number] | null;
}

/** One text of an agreement, or one proposed: what became of it, and who signed. */
export interface VersionShown {
  version: number;
  sha256: string;
  word: string;
  from_us: number;
  why: string;
  to_us: number | null;
  proposal: [string, number] | null;
  proposed_by: string;
  proposed_us: number | null;
  reason: string;
  short_notice: boolean;
  signed: Signature[];
  agreed_by: string[];
  known_by: string[];
}

/** One limit of a volume: metres on a reference, or the surface, or no limit. */
export interface VerticalLimit {
  value_m: number | null;
  reference: "AGL" | "AMSL" | "SFC" | "STD" | "UNL" | "WGS84";
}

/** An area between two limits, from an instant up to but not including another; None is open. */
export interface Volume4D {
  shape: Polygon | Circle | Corridor;
  lower: VerticalLimit;
  upper: VerticalLimit;
  from_us: number | null;
  to_us: number | null;
}

/** Posts of the parties in `applies_to` are attended in these hours (`world.watch_hours`). */
export interface Watch {
  type: "watch";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  posts?: string[];
  hours?: string;
  languages?: string[];
  gap_s?: number;
}

/** What alerts rest on: feeds, aircraft watched, and what is not watched, in words. */
export interface WatchView {
  at_us: number;
  evaluated_us: number;
  feeds: FeedView[];
  aircraft: number;
  watched: number;
  not_watched: string[];
  by_status: Record<string, number>;
}

/** Guarded notices no longer go to this addressee. */
export interface WithdrawConsent {
  type: "withdraw_consent";
  agreement: string;
  post: string;
  addressee: string;
  reason?: string;
}

/** An entry that this node wrote, in short. */
export interface Written {
  at_us: number;
  type: string;
  by: string;
  to: string[];
  key: [string, number];
  text: string;
}

/** Who is asked to make way reports within `within_s` that it has; `of`: types, empty is all. */
export interface Yield {
  type: "yield";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  within_s: number;
  of?: string[];
}

/** One party that was asked to make way, and how that stands. */
export interface YieldSeen {
  message: [string, number];
  asker: string;
  flight: string;
  party: string;
  word: "ended" | "not taken" | "outstanding" | "overdue" | "refused" | "yielded" | "yielded late";
  asked_us: number;
  taken_us: number | null;
  due_us: number | null;
  yielded_us: number | null;
  late_s: number | null;
  by: [string, number] | null;
  named: boolean;
}

/** An area with limits, times and parties, one version of it. */
export interface Zone {
  id: string;
  kind: "corridor" | "notified area" | "ring" | "zone";
  shape: Polygon | Circle | Corridor;
  name: string;
  lower: VerticalLimit;
  upper: VerticalLimit;
  from_us: number | null;
  to_us: number | null;
  owner: string | null;
  agreement: string | null;
  agreed_by: string[];
  asserted_by: string[];
  exclusions: Exclusion[];
  uncertainty_m: number;
  population: QualifiedNumber | null;
  sources: string[];
  version: number;
  schedule: Schedule | null;
}

/** A zone in full, whose it is, what was said, what is late, what lies ahead. */
export interface ZoneDetail {
  whose: string;
  limits: [string, string];
  exclusions: string[];
  notice_s: number;
  steps: ZoneStep[];
  late: number;
  ahead: ZoneSpan[];
  versions: ([number, number])[];
  schedule: string;
  scheduled: boolean;
  reservations: ZoneReservation[];
  reservations_more: number;
}

/** Which version of a zone was in force at an instant, for whom, and by what. */
export interface ZoneHeld {
  zone: Zone | null;
  agreed: boolean;
  because: string;
}

/** A zone of an agreement that holds a place, or may ("in", "undecided"), and whose it is. */
export interface ZoneHere {
  zone: string;
  answer: string;
  owner: string;
  agreed_by: string[];
  asserted_by: string[];
}

/** One reservation of a zone at an instant. */
export interface ZoneReservation {
  state: string;
  from_us: number | null;
  to_us: number | null;
  key: [string, number];
  reference: string;
  asked_by: string[];
  issued_by: string;
  issued_us: number | null;
  ended_by: string;
  ended_us: number | null;
  cold: boolean;
}

/** Who stays inside or outside of a zone: those in `applies_to`, where `stay` is named. */
export interface ZoneRule {
  type: "zone";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  zone: string;
  rule?: string;
  stay?: "" | "inside" | "outside";
  leave?: string[];
  dwell_s?: number;
}

/** A zone with both its states, what is shown to others, and who agreed to it or asserts it. */
export interface ZoneShown {
  view: ZoneView;
  name: string;
  kind: string;
  agreed_by: string[];
  asserted_by: string[];
  detail: ZoneDetail;
}

/** What a zone will be from an instant up to another, by what is known now, and why. */
export interface ZoneSpan {
  from_us: number;
  to_us: number;
  shown: string;
  activity: string;
  promulgation: string;
  because: string;
}

/** Who may change the states of a zone, with how much notice, and how a release is answered. */
export interface ZoneStatus {
  type: "zone_status";
  id: string;
  text?: string;
  source_paragraph?: string;
  applies_to?: AppliesTo;
  reservations?: Reservation[];
  zone: string;
  may_change?: string[];
  notice_s?: number;
  cold_within_s?: number | null;
  owner_silent_after_s?: number | null;
}

/** One thing said about a zone: by whom, when, of which window, where it stands in the logs. */
export interface ZoneStep {
  what: string;
  value: string;
  party: string;
  post: string;
  written_us: number;
  from_us: number | null;
  to_us: number | null;
  key: [string, number];
  counts: boolean;
  reference: string;
  late_s: number;
}

/** A zone at an instant, as this node knows it under one agreement. */
export interface ZoneView {
  zone: string;
  agreement: string;
  at_us: number;
  activity: string;
  promulgation: string;
  shown: string;
  from_us: number | null;
  to_us: number | null;
  owner: string | null;
  because: string[];
  version: number;
  silent: string[];
  open_request: boolean;
}
