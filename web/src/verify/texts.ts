// Every text of the badge that a person sees, in three languages. A missing key does not compile.

import type { LanguageCode } from "../terms/kinds";
import type { Reason, ReasonCode } from "./reason";

type Keys =
  | "title"
  | "check"
  | "again"
  | "unchecked"
  | "fetching"
  | "checking"
  | "failedFetch"
  | "intact"
  | "asOf"
  | "partial"
  | "partialHeld"
  | "partialSealed"
  | "failedAt"
  | "failedSpan"
  | "failedLog"
  | "failedFile"
  | "noTruth"
  | "why"
  | "nothing"
  | "held"
  | "party"
  | "entriesCosigned"
  | "ofAll"
  | "nobody"
  | "keys"
  | "keysGiven"
  | "keysPack"
  | "counts"
  | "digest"
  | "detail"
  | "steps"
  | "save"
  | "open"
  | "close"
  | ReasonCode;

type Table = Record<LanguageCode, Readonly<Record<Keys, string>>>;

const en: Table["en"] = {
  title: "Evidence of {agreement}",
  check: "Check the record in this browser",
  again: "Check again",
  unchecked: "record not checked",
  fetching: "fetching the pack",
  checking: "checking {done} of {total}",
  failedFetch: "The pack could not be read: {fault}",
  intact: "RECORD INTACT",
  asOf: "as of {clock}",
  partial: "PARTIAL",
  partialHeld: "PARTIAL, entries not held by all who should: {count}",
  partialSealed: "PARTIAL, payloads not opened: {count}",
  failedAt: "FAILED at entry {index} of log {log}",
  failedSpan: "FAILED at entries {index} to {last} of log {log}",
  failedLog: "FAILED in log {log}",
  failedFile: "FAILED in the file: {file}",
  noTruth:
    "Record intact means: these are the bytes that were signed. It says nothing about their truth.",
  why: "What was found",
  nothing: "Nothing is wrong, nothing is missing, and others hold every entry.",
  held: "Who else holds the entries",
  party: "Party",
  entriesCosigned: "Cosigned, of the entries in others' logs",
  ofAll: "{count} of {all}",
  nobody: "No other party has cosigned anything here.",
  keys: "Keys of the logs, to compare with their owners by voice",
  keysGiven: "Every log is signed by a key that you have from its owner.",
  keysPack:
    "The keys come from the pack itself: whoever made it could have made all of it. Compare them.",
  counts:
    "Logs: {logs}. Entries: {entries}. Cosigned by another party: {cosigned}. Sealed: {sealed}.",
  digest: "SHA-256 of the pack",
  detail: "Step {step} of the check, {name}",
  steps: "form of the file|keys|signed heads|quorum|entries|sealed payloads|statements|receipts",
  save: "Save the pack",
  open: "Show what was found",
  close: "Close",
  stopped: "{party} stopped cosigning at {at}, at entry {size} of {log}",
  never: "{party} never cosigned {log}",
  uncosigned: "entries of {log} without another party's cosignature: {count}",
  beyondQuorum: "entries of {log} beyond the newest head that its quorum cosigned: {count}",
  seenBeyond: "{log} is shown up to {shown} entries, but entry {index} of {by} had seen {size}",
  continuesBeyond: "{log} continues {from} from {size} entries, but only {shown} are shown",
  heldBeyond: "{log} is shown up to {shown} entries, but somebody holds a signed head of {size}",
  sealed: "sealed entries whose payload is not in the pack: {count}; they are there, and closed",
  unreadable: "entries that this program cannot read: {count}; they are there, and signed",
  notComputed: "statements of the maker that only parley verify can compute again: {count}",
  words: "statements that are the maker's own words, and checked by nobody: {count}",
  keysFromPack: "logs whose keys come from the pack itself: {count}",
  nobodyAsked: "the policy of {log} asks for nobody's cosignature",
  ownParty: "the policy of {log} counts its own party's cosignature",
  leftOut: "the policy of {log} does not ask for {party}, whose mirror key you gave",
  refutes:
    "{party} refutes itself: entry {index} of {log} names another head of {size} entries of " +
    "{other} than it cosigned",
};

const ru: Table["ru"] = {
  title: "Доказательства по {agreement}",
  check: "Проверить запись в этом браузере",
  again: "Проверить снова",
  unchecked: "запись не проверена",
  fetching: "пакет загружается",
  checking: "проверено {done} из {total}",
  failedFetch: "Пакет не прочитан: {fault}",
  intact: "ЗАПИСЬ ЦЕЛА",
  asOf: "на {clock}",
  partial: "ЧАСТИЧНО",
  partialHeld: "ЧАСТИЧНО, записей без всех нужных заверений: {count}",
  partialSealed: "ЧАСТИЧНО, содержаний не вскрыто: {count}",
  failedAt: "НЕ ПРОШЛО: запись {index} журнала {log}",
  failedSpan: "НЕ ПРОШЛО: записи с {index} по {last} журнала {log}",
  failedLog: "НЕ ПРОШЛО: журнал {log}",
  failedFile: "НЕ ПРОШЛО: файл, {file}",
  noTruth:
    "«Запись цела» значит: это те самые байты, что были подписаны. О правдивости это не говорит.",
  why: "Что обнаружено",
  nothing: "Ошибок нет, всё на месте, и каждую запись хранят и другие.",
  held: "У кого ещё есть эти записи",
  party: "Сторона",
  entriesCosigned: "Заверено записей в журналах других",
  ofAll: "{count} из {all}",
  nobody: "Другие стороны здесь ничего не заверили.",
  keys: "Ключи журналов; сверьте их голосом с владельцами",
  keysGiven: "Каждый журнал подписан ключом, который вы получили от владельца.",
  keysPack:
    "Ключи взяты из самого пакета: кто его составил, мог составить его целиком. Сверьте их.",
  counts:
    "Журналов: {logs}. Записей: {entries}. Заверено другой стороной: {cosigned}. " +
    "Запечатано: {sealed}.",
  digest: "SHA-256 пакета",
  detail: "Шаг проверки {step}: {name}",
  steps:
    "форма файла|ключи|подписанные вершины|кворум|записи|запечатанное содержание|утверждения|" +
    "квитанции",
  save: "Сохранить пакет",
  open: "Показать, что обнаружено",
  close: "Закрыть",
  stopped: "{party} больше не заверяет с {at}; последняя заверенная длина {size}, журнал {log}",
  never: "{party} ни разу не заверяет журнал {log}",
  uncosigned: "записей журнала {log}, не заверенных другой стороной: {count}",
  beyondQuorum: "записей журнала {log} после новейшей вершины, заверенной кворумом: {count}",
  seenBeyond:
    "журнал {log} показан до {shown} записей, но запись {index} журнала {by} знала уже {size}",
  continuesBeyond: "журнал {log} продолжает {from} с {size} записей, но показано только {shown}",
  heldBeyond:
    "журнал {log} показан до {shown} записей, но у кого-то есть подписанная вершина {size}",
  sealed: "запечатанных записей без содержания в пакете: {count}; они на месте и закрыты",
  unreadable: "записей, которые эта программа не читает: {count}; они на месте и подписаны",
  notComputed: "утверждений составителя, которые может пересчитать только parley verify: {count}",
  words: "утверждений, которые остаются словами составителя и никем не проверены: {count}",
  keysFromPack: "журналов, ключи которых взяты из самого пакета: {count}",
  nobodyAsked: "правила журнала {log} не требуют ничьего заверения",
  ownParty: "правила журнала {log} засчитывают заверение его же стороны",
  leftOut: "правила журнала {log} не требуют {party}, хотя вы дали её ключ",
  refutes:
    "{party} опровергает себя: запись {index} журнала {log} называет другую вершину {size} " +
    "журнала {other}, чем заверено этой стороной",
};

const ar: Table["ar"] = {
  title: "أدلة {agreement}",
  check: "افحص السجل في هذا المتصفح",
  again: "افحص من جديد",
  unchecked: "السجل لم يُفحص",
  fetching: "جارٍ جلب الحزمة",
  checking: "فُحص {done} من {total}",
  failedFetch: "تعذرت قراءة الحزمة: {fault}",
  intact: "السجل سليم",
  asOf: "كما في {clock}",
  partial: "جزئي",
  partialHeld: "جزئي، قيود لا يحفظها كل من يلزم: {count}",
  partialSealed: "جزئي، محتويات لم تُفتح: {count}",
  failedAt: "لم يجتز الفحص: القيد {index} من السجل {log}",
  failedSpan: "لم يجتز الفحص: القيود من {index} إلى {last} من السجل {log}",
  failedLog: "لم يجتز الفحص: السجل {log}",
  failedFile: "لم يجتز الفحص: الملف، {file}",
  noTruth: "«السجل سليم» تعني: هذه هي البايتات التي وُقّعت نفسها. ولا تقول شيئًا عن صدقها.",
  why: "ما الذي وُجد",
  nothing: "لا خطأ ولا نقص، وكل قيد محفوظ لدى آخرين أيضًا.",
  held: "من غيرُه يحفظ هذه القيود",
  party: "الطرف",
  entriesCosigned: "ما صودق عليه من قيود سجلات الآخرين",
  ofAll: "{count} من {all}",
  nobody: "لم يصادق أي طرف آخر على شيء هنا.",
  keys: "مفاتيح السجلات، لمقارنتها صوتيًا مع أصحابها",
  keysGiven: "كل سجل موقّع بمفتاح حصلت عليه من صاحبه.",
  keysPack: "المفاتيح من الحزمة نفسها: من أعدّها كان بوسعه أن يصنعها كلها. قارنها مع أصحابها.",
  counts: "السجلات: {logs}. القيود: {entries}. صادق عليها طرف آخر: {cosigned}. مختومة: {sealed}.",
  digest: "بصمة SHA-256 للحزمة",
  detail: "خطوة الفحص {step}: {name}",
  steps: "شكل الملف|المفاتيح|الرؤوس الموقّعة|النصاب|القيود|المحتوى المختوم|البيانات|الإيصالات",
  save: "احفظ الحزمة",
  open: "أظهر ما وُجد",
  close: "أغلق",
  stopped: "توقف {party} عن المصادقة منذ {at}، عند القيد {size} من {log}",
  never: "لم يصادق {party} على {log} قط",
  uncosigned: "قيود في {log} لم يصادق عليها طرف آخر: {count}",
  beyondQuorum: "قيود في {log} بعد أحدث رأس صادق عليه النصاب: {count}",
  seenBeyond: "يظهر من {log} حتى {shown} من القيود، لكن القيد {index} من {by} كان قد رأى {size}",
  continuesBeyond: "يكمل {log} السجل {from} من {size} من القيود، ولا يظهر منها إلا {shown}",
  heldBeyond: "يظهر من {log} حتى {shown} من القيود، لكن لدى أحدهم رأسًا موقّعًا بعدد {size}",
  sealed: "قيود مختومة ليس محتواها في الحزمة: {count}؛ هي موجودة ومغلقة",
  unreadable: "قيود لا يستطيع هذا البرنامج قراءتها: {count}؛ هي موجودة وموقّعة",
  notComputed: "بيانات لمُعدّ الحزمة لا يعيد حسابها إلا parley verify: {count}",
  words: "بيانات هي كلام مُعدّ الحزمة ولم يفحصها أحد: {count}",
  keysFromPack: "سجلات مفاتيحها من الحزمة نفسها: {count}",
  nobodyAsked: "سياسة {log} لا تطلب مصادقة أحد",
  ownParty: "سياسة {log} تحتسب مصادقة طرفها نفسه",
  leftOut: "سياسة {log} لا تطلب {party} الذي أعطيتَ مفتاحه",
  refutes:
    "يناقض {party} نفسه: القيد {index} من {log} يسمي رأسًا آخر بعدد {size} للسجل {other} غير الذي صادق عليه",
};

export const texts: Table = { en, ru, ar };

type Slots = Readonly<Record<string, string | number>>;

function filled(text: string, slots: Slots, open: string, close: string): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = slots[name];
    return value === undefined ? whole : `${open}${value}${close}`;
  });
}

/** Returns a text in a language; what fills its slots is isolated, so that nothing moves (U+2068). */
export function say(lang: LanguageCode, key: Keys, slots: Slots = {}): string {
  return filled(texts[lang][key], slots, "\u2068", "\u2069");
}

/** Returns a reason in a language, for the page: what fills its slots is isolated. */
export function sayIsolated(reason: Reason, lang: LanguageCode): string {
  return say(lang, reason.code, reason.values);
}

/** Returns a reason in a language, plain; in English as `parley verify` says it. */
export function sayReason(reason: Reason, lang: LanguageCode): string {
  return filled(texts[lang][reason.code], reason.values, "", "");
}
