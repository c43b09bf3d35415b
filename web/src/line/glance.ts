// A line at a glance: its word, what is missing in the reader's language, who is heard and on duty.
import type { LineVector, Side } from "../api/types";
import type { LanguageCode, Texts } from "../terms/kinds";
import { PHRASES } from "../terms/phrases";

/** The four words of NORMS 1; another word of a node's is shown as it is, with no shape of these. */
export type Glance = "OPEN" | "DEGRADED" | "SUSPENDED" | "DOWN";

type Kind = "agreement" | "link" | "attended" | "test" | "glance";

/** Returns the word of a code in a language, or the code itself. */
export function wordOf(kind: Kind, code: string, language: LanguageCode): string {
  const known = (PHRASES[kind] as Record<string, Texts>)[code];
  return known ? known[language] : code;
}

interface Said {
  pattern: RegExp;
  says: Record<LanguageCode, (parts: string[]) => string>;
}

// The forms in which the node says what is missing (`glance_of` in node/rules/lines.py). A name
// that comes from the node is set apart, so that it cannot move in a text from the right.
const whole = (text: string) => `\u2068${text}\u2069`;
const w = wordOf;
const SAID: readonly Said[] = [
  {
    pattern: /^agreement (.+) by (\S+)$/,
    says: {
      en: ([word = "", party = ""]) => `agreement ${w("agreement", word, "en")} by ${whole(party)}`,
      ru: ([word = "", party = ""]) =>
        `соглашение ${w("agreement", word, "ru")}: сторона ${whole(party)}`,
      ar: ([word = "", party = ""]) => `الاتفاق ${w("agreement", word, "ar")} من ${whole(party)}`,
    },
  },
  {
    pattern: /^link to (\S+) (\S+)$/,
    says: {
      en: ([party = "", word = ""]) => `link to ${whole(party)} ${w("link", word, "en")}`,
      ru: ([party = "", word = ""]) => `связь с ${whole(party)}: ${w("link", word, "ru")}`,
      ar: ([party = "", word = ""]) => `الوصلة إلى ${whole(party)}: ${w("link", word, "ar")}`,
    },
  },
  {
    pattern: /^(\S+) says its link to (\S+) is down$/,
    says: {
      en: ([a = "", b = ""]) => `${whole(a)} says its link to ${whole(b)} is down`,
      ru: ([a = "", b = ""]) => `${whole(a)} сообщает: связи с ${whole(b)} нет`,
      ar: ([a = "", b = ""]) => `يقول ${whole(a)} إن وصلته إلى ${whole(b)} منقطعة`,
    },
  },
  {
    pattern: /^outside the hours (.+)$/,
    says: {
      en: ([hours = ""]) => `outside the hours ${whole(hours)}`,
      ru: ([hours = ""]) => `вне часов работы ${whole(hours)}`,
      ar: ([hours = ""]) => `خارج ساعات العمل ${whole(hours)}`,
    },
  },
  {
    pattern: /^(\S+) (attended|unattended|unknown)$/,
    says: {
      en: ([party = "", word = ""]) => `${whole(party)}: ${attendedText(word, "en")}`,
      ru: ([party = "", word = ""]) => `${whole(party)}: ${attendedText(word, "ru")}`,
      ar: ([party = "", word = ""]) => `${whole(party)}: ${attendedText(word, "ar")}`,
    },
  },
  {
    pattern: /^(person|machine) test (\S+) to (\S+) (\S+)$/,
    says: {
      en: ([kind = "", a = "", b = "", word = ""]) =>
        `${kind} test ${whole(a)} to ${whole(b)}: ${w("test", word, "en")}`,
      ru: ([kind = "", a = "", b = "", word = ""]) =>
        `проверка (${kind === "person" ? "люди" : "узлы"}) ${whole(a)} для ${whole(b)}: ${w("test", word, "ru")}`,
      ar: ([kind = "", a = "", b = "", word = ""]) =>
        `اختبار ${kind === "person" ? "الأشخاص" : "العقد"} من ${whole(a)} إلى ${whole(b)}: ${w("test", word, "ar")}`,
    },
  },
  {
    pattern: /^test (\S+)$/,
    says: {
      en: ([word = ""]) => `line test: ${w("test", word, "en")}`,
      ru: ([word = ""]) => `проверка линии: ${w("test", word, "ru")}`,
      ar: ([word = ""]) => `اختبار الخط: ${w("test", word, "ar")}`,
    },
  },
];

const PRESENCE_UNKNOWN: Record<LanguageCode, string> = {
  en: "presence not known",
  ru: "присутствие неизвестно",
  ar: "الحضور غير معروف",
};

function attendedText(word: string, language: LanguageCode): string {
  return word === "unknown" ? PRESENCE_UNKNOWN[language] : wordOf("attended", word, language);
}

/** Returns what is missing of a line, as the node says it, in a language; else its own words. */
export function missingText(missing: string, language: LanguageCode): string {
  for (const { pattern, says } of SAID) {
    const found = pattern.exec(missing);
    if (found) return says[language](found.slice(1));
  }
  return whole(missing);
}

/** Returns the word for the glance with its code beside it; in English they are the same word. */
export function glanceText(word: string, language: LanguageCode): string {
  const own = wordOf("glance", word, language);
  return language === "en" || own === word ? word : `${own} [\u2068${word}\u2069]`;
}

const WORST_FIRST = ["DOWN", "SUSPENDED", "DEGRADED"];

/** Returns lines with those first that carry least: one that is down is never past the edge. */
export function worstFirst(lines: readonly LineVector[]): LineVector[] {
  const rank = ({ glance }: LineVector): number => {
    const at = WORST_FIRST.indexOf(glance);
    return at < 0 ? WORST_FIRST.length : at;
  };
  return [...lines].sort((one, two) => rank(one) - rank(two));
}

/** What the bar says of a line's other ends. */
export interface OtherEnd {
  party: string;
  link: string;
  heardUs: number | null;
  onDuty: string[];
  attended: string;
}

/** Returns the other ends of a line as the viewer sees them. */
export function otherEnds(vector: LineVector, own: string): OtherEnd[] {
  return vector.sides.filter((side) => side.party !== own).map(otherEnd);
}

function otherEnd(side: Side): OtherEnd {
  return {
    party: side.party,
    link: side.link,
    heardUs: side.heard_us,
    onDuty: side.posts.filter((post) => post.word === "present").map((post) => post.post),
    attended: side.attended,
  };
}

/** Returns our own side of a line, if we are an end of it. */
export function ownSide(vector: LineVector, own: string): Side | undefined {
  return vector.sides.find((side) => side.party === own);
}
