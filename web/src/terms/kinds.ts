// The shapes of the two tables that the node's own data files give: norms and fixed phrases.

export type LanguageCode = "en" | "ru" | "ar";
/** One text in each language. */
export type Texts = Record<LanguageCode, string>;
export type MessageClass = "DISTRESS" | "URGENT" | "SAFETY" | "ROUTINE" | "ADMIN";

export interface ClassNorms {
  name: string;
  aftn: string;
  stored_s: number;
  answered_s: number;
  displayed_s: number | null;
  escalate_s: number[];
  passes_while_suspended: string;
}

/** A message type: its class, which answers close it, which fields the answer repeats. */
export interface MessageTypeNorms {
  name: string;
  class: string;
  attribute: string;
  read_back: string[];
  life_safety: boolean;
  guarded: boolean;
  answered_s: number | null;
  about: boolean;
  machine: boolean;
  asks_to_yield: boolean;
  one_sided: boolean;
  reply: Record<string, string[]>;
  answers: string[];
}

export interface NormsTable {
  line: { glance: string[]; suspension_notice_s: number; presence_within_s: number } & Record<
    string,
    unknown
  >;
  class: ClassNorms[];
  read_back: { within_s: number };
  alert: { classes: string[]; short_term_s: number; chain_s: number } & Record<string, unknown>;
  subject: { code: string; also?: string[] }[];
  [name: string]: unknown;
}

export interface PhrasesTable {
  language: Record<
    string,
    { name: string; own_name: string; direction: string; reviewed: boolean }
  >;
  around: Record<string, Texts>;
  type: Record<string, Texts>;
  answer: Record<string, Texts>;
  class: Record<string, Texts>;
  glance: Record<string, Texts>;
  field: Record<string, Texts>;
  [name: string]: Record<string, unknown>;
}
