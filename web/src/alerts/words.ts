// An alert in words: what its row, its details and the voice say. The class and the life come from
// the node; here they only get words. What the node says in English stays as it said it.
import type { AlertView, EndedView, LinkShown, PartyLife } from "../api/types";
import { clockText, ltr, marginText, spanText } from "../look/units";
import { language, say } from "../text/language";
import type { Spoken } from "./announce";
import { TEXTS, type TextKey } from "./texts";

const CLASS_WORDS: Record<string, TextKey> = {
  coordinate: "coordinate",
  "own move only": "ownMove",
  "short-term": "shortTerm",
};
const ACTIONS: Record<string, TextKey> = {
  coordinate: "doCoordinate",
  "own move only": "doOwnMove",
  "short-term": "doShortTerm",
};
const LIFE_WORDS: Record<string, TextKey> = {
  new: "new",
  seen: "seen",
  called: "called",
  resolved: "resolved",
};
const KINDS: Record<string, TextKey> = {
  incursion: "incursion",
  "intent overlap": "overlap",
  crossing: "crossing",
};
const HOW_WORDS: Record<string, TextKey> = {
  "alarm taken": "byAlarm",
  telephone: "byTelephone",
};
const LINK_WORDS: Record<string, TextKey> = {
  up: "linkUp",
  down: "linkDown",
  unknown: "linkUnknown",
};
export const STATUS_WORDS: Record<string, TextKey> = {
  watched: "stWatched",
  coasting: "stCoasting",
  stale: "stStale",
  flagged: "stFlagged",
  "one report only": "stOnce",
  reported: "reported",
};
/** A state older than this when it was evaluated is told in the row. */
const OLD_US = 10_000_000;

/** Returns one of our words for one of the node's, or the node's own where we have none. */
export function wordOf(table: Record<string, TextKey>, word: string): string {
  const key = table[word];
  return key === undefined ? word : say(TEXTS, key);
}

/** Returns a class in the reader's language; what is apart keeps saying so. */
export function classWord(word: string): string {
  const [, bare = word, status] = /^(.*?)(?: \((exercise|test)\))?$/.exec(word) ?? [];
  const told = wordOf(CLASS_WORDS, bare);
  if (status === undefined) return told;
  return `${told} (${say(TEXTS, status === "exercise" ? "exercise" : "test")})`;
}

/** Returns what the class leaves time for; "" for what is no conflict. */
export function actionWord(alert: AlertView): string {
  const key = alert.what === "separation" ? ACTIONS[alert.alert_class] : undefined;
  return key === undefined ? "" : say(TEXTS, key);
}

/** Returns NEW, SEEN, WRITTEN, CALLED or RESOLVED; OPEN under rules that mark nothing. */
export function lifeWord({ life }: AlertView): string {
  if (life === null) return say(TEXTS, "open");
  const calls = life.parties.filter((each) => each.word === "called");
  // A message is no call: it may lie there unread.
  if (life.word === "called" && calls.length > 0 && calls.every(isWritten)) {
    return say(TEXTS, "written");
  }
  return wordOf(LIFE_WORDS, life.word);
}

function isWritten(each: PartyLife): boolean {
  return each.called_how === "message";
}

/** Returns what kind of alert it is, where it is no conflict of two that fly; else "". */
export function kindWord(alert: AlertView): string {
  return alert.what === "separation" ? "" : wordOf(KINDS, alert.what);
}

/** Returns several things one after another, with the comma of the reader's language. */
export function listText(texts: readonly string[]): string {
  return texts.join(language.value === "ar" ? "، " : ", ");
}

/** Returns several statements one after another, with the semicolon of the reader's language. */
export function partsText(texts: readonly string[]): string {
  return texts.join(language.value === "ar" ? "؛ " : "; ");
}

/** Returns the aircraft of an alert as they are called on the line. */
export function pairWord(aircraft: readonly string[]): string {
  return aircraft.join(" × ");
}

/** Returns how far each party's people have come, one text each. */
export function partyWords(alert: AlertView): string[] {
  return alert.life === null ? [say(TEXTS, "noMarks")] : alert.life.parties.map(partyWord);
}

/** Returns the same with whether that party has it at all: two things, one text for each party. */
export function peopleWords(alert: AlertView, links: readonly LinkShown[]): string[] {
  const parties = alert.life?.parties ?? [];
  const held = new Map(heldBy(alert, links));
  const lived = parties.map((each) => {
    const has = held.get(each.party);
    held.delete(each.party);
    return has === undefined ? partyWord(each) : listText([partyWord(each), has]);
  });
  const rest = [...held].map(([party, has]) => `${party}: ${has}`);
  return [...(alert.life === null ? [say(TEXTS, "noMarks")] : []), ...lived, ...rest];
}

function partyWord(each: PartyLife): string {
  if (each.word === "not seen") return say(TEXTS, "partyNotSeen", { party: each.party });
  const called = each.word === "called";
  const saidUs = (called ? each.called_said_us : each.seen_said_us) ?? 0;
  const writtenUs = (called ? each.called_us : each.seen_us) ?? 0;
  const post = called ? each.called_post : each.seen_post;
  const slots = { party: each.party, clock: clockText(saidUs), post };
  const key = !called ? "partySeen" : isWritten(each) ? "partyWrote" : "partyCalled";
  const parts = [say(TEXTS, key, slots)];
  const how = called ? HOW_WORDS[each.called_how] : undefined;
  if (how !== undefined) parts.push(say(TEXTS, how));
  if (called ? each.called_late : each.seen_late) {
    parts.push(say(TEXTS, "enteredLate", { clock: clockText(writtenUs) }));
  }
  if (called ? each.called_after : each.seen_after) parts.push(say(TEXTS, "whenOver"));
  return listText(parts);
}

/** Returns whether each other party has an alert; that it has does not say that a person saw it. */
export function heldWords(alert: AlertView, links: readonly LinkShown[]): string[] {
  const found = heldBy(alert, links).map(([party, has]) => `${party}: ${has}`);
  return found.length > 0 ? found : [say(TEXTS, "nobody")];
}

function heldBy(alert: AlertView, links: readonly LinkShown[]): [string, string][] {
  return Object.entries(alert.held_by)
    .filter(([party]) => party !== alert.raised_by)
    .sort(([one], [two]) => (one < two ? -1 : 1))
    .map(([party, word]) => [party, hasWord(alert, party, word, links)]);
}

const HAS: Record<string, TextKey> = { yes: "heldYes", no: "heldNo" };
const HAS_NEWEST: Record<string, TextKey> = { yes: "newestYes", no: "newestNo" };

function hasWord(
  alert: AlertView,
  party: string,
  word: string,
  links: readonly LinkShown[],
): string {
  const several = alert.forms.length > 1;
  const unknown = several ? "newestUnknown" : "heldUnknown";
  const parts = [say(TEXTS, (several ? HAS_NEWEST : HAS)[word] ?? unknown)];
  if (word === "yes") return listText(parts);
  const link = links.find((each) => each.party === party);
  if (link !== undefined && link.link !== "up") {
    parts.push(wordOf(LINK_WORDS, link.link));
    if (link.heard_us !== null) {
      parts.push(say(TEXTS, "lastHeard", { clock: clockText(link.heard_us) }));
    }
  }
  const older = alert.forms.slice(1).find((form) => form.held_by[party] === "yes");
  if (older) parts.push(say(TEXTS, "heldOlder", { clock: clockText(older.at_us) }));
  return listText(parts);
}

/** Returns how near they come: across, and then up. */
export function closestWord(horizontalMm: number | null, verticalMm: number | null): string {
  if (horizontalMm === null) return "";
  const distance = marginText(horizontalMm / 1000, "distance");
  if (verticalMm === null) return say(TEXTS, "closestNoHeight", { distance });
  return say(TEXTS, "closest", { distance, height: marginText(verticalMm / 1000, "height") });
}

/** Returns the clause and whether it binds. */
export function clauseWord(alert: AlertView): string {
  if (alert.clause === null) return say(TEXTS, "noClause");
  return say(TEXTS, alert.binding ? "bindingClause" : "advisoryClause", { clause: alert.clause });
}

/** Returns how likely the loss is: never a certainty by rounding. */
export function probabilityWord(alert: AlertView): string {
  if (alert.probability_ppm === null) {
    return alert.forms.length > 0 ? say(TEXTS, "noProbability") : "";
  }
  return ltr(`P ${shareText(alert.probability_ppm)}`);
}

/** Returns a share of a million with two digits, above 0.99 as ">0.99" and below as "<0.01". */
export function shareText(ppm: number): string {
  if (ppm > 990_000) return ">0.99";
  if (ppm < 10_000) return "<0.01";
  return (ppm / 1_000_000).toFixed(2);
}

/** Returns what somebody must know before trusting the numbers, in our words. */
export function cautionWords(alert: AlertView): string[] {
  const found: string[] = [];
  if (alert.forms.length > 0 && !alert.own && alert.others.length === 0) {
    found.push(say(TEXTS, "alone", { party: alert.raised_by }));
  }
  for (const other of alert.others) {
    if (other.alert_class === alert.alert_class) continue;
    const slots = { party: other.raised_by, word: classWord(other.alert_class) };
    found.push(say(TEXTS, "differs", slots));
  }
  for (const state of alert.states) {
    if (state.status === "reported" && state.age_us <= OLD_US) continue;
    const word = wordOf(STATUS_WORDS, state.status);
    const span = spanText(state.age_us / 1_000_000);
    found.push(say(TEXTS, "stateOld", { aircraft: state.aircraft, word, span }));
  }
  return found;
}

/** Returns why a conflict ended, and that nobody need have made way where its time had come. */
export function endWords(ended: EndedView): { why: string; ours: boolean; came: string } {
  return {
    why: whyWord(ended.why),
    ours: ended.why === NO_LOSS,
    came:
      ended.came_us === null ? "" : say(TEXTS, "cameBefore", { clock: clockText(ended.came_us) }),
  };
}

const NO_LOSS = "no loss predicted";

function whyWord(why: string): string {
  return why === NO_LOSS ? say(TEXTS, "noLossPredicted") : why;
}

/** Returns what the voice says of one thing. */
export function spokenWord(said: Spoken, atUs: number): string {
  switch (said.kind) {
    case "standing":
      return say(TEXTS, "sayStanding", { count: said.count });
    case "endedMany":
      return say(TEXTS, "sayEndedMany", { count: said.count });
    case "flood":
      return say(TEXTS, "sayFlood", { count: said.count, short: said.shortTerm });
    case "ended": {
      const came = said.cameUs === null ? "" : clockText(said.cameUs);
      const why = came === "" ? whyWord(said.why) : say(TEXTS, "cameBefore", { clock: came });
      return say(TEXTS, "sayEnded", { aircraft: pairWord(said.aircraft), why });
    }
    default:
      return risenWord(said.kind, said.alert, atUs);
  }
}

function risenWord(kind: "new" | "worse", alert: AlertView, atUs: number): string {
  const slots = { word: classWord(alert.alert_class), aircraft: pairWord(alert.aircraft) };
  if (alert.loss_us === null || alert.loss_us <= atUs) {
    return say(TEXTS, kind === "new" ? "sayNewPlain" : "sayWorsePlain", slots);
  }
  const span = spanText((alert.loss_us - atUs) / 1_000_000);
  return say(TEXTS, kind === "new" ? "sayNew" : "sayWorse", { ...slots, span });
}

/** Returns the parties of an alert in the order of its aircraft, each once per aircraft. */
export function partyOf(alert: AlertView, place: number): string {
  const party = alert.states[place]?.party ?? alert.parties[place] ?? "";
  return party === "" ? say(TEXTS, "noParty") : party;
}
