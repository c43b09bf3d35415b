import type { Table } from "../text/language";

type Keys =
  | "settings"
  | "language"
  | "units"
  | "aviation"
  | "metric"
  | "theme"
  | "dark"
  | "light"
  | "system"
  | "keys"
  | "keysOn"
  | "keysList"
  | "vector"
  | "vectorNone"
  | "vectorMin"
  | "sounds"
  | "soundsOn"
  | "soundsWait"
  | "kept"
  | "clock"
  | "now"
  | "asOf"
  | "simulation"
  | "simulationTold"
  | "localTime";

/** Texts of the settings and of the clock. */
export const TEXTS: Table<Keys> = {
  en: {
    settings: "Settings",
    language: "Language",
    units: "Units",
    aviation: "NM, ft, kt",
    metric: "km, m, km/h",
    theme: "Colours",
    dark: "Dark",
    light: "Light",
    system: "As the system",
    keys: "Keys",
    keysOn: "Single keys act",
    keysList: "List of keys",
    vector: "Speed vectors",
    vectorNone: "none",
    vectorMin: "{span} ahead",
    sounds: "Sound",
    soundsOn: "A tone for a new short-term alert",
    soundsWait: "The browser gives no sound before a click or a key on this page.",
    kept: "Kept in this browser only. Stored values are never converted, only what is shown.",
    clock: "Time of the node, UTC",
    now: "NOW",
    asOf: "AS OF",
    simulation: "SIMULATION",
    simulationTold: "Not the time of day: this node's time is driven and stands between its beats.",
    localTime: "Local time of this device: {time}",
  },
  ru: {
    settings: "Настройки",
    language: "Язык",
    units: "Единицы",
    aviation: "NM, ft, kt",
    metric: "km, m, km/h",
    theme: "Цвета",
    dark: "Тёмные",
    light: "Светлые",
    system: "Как в системе",
    keys: "Клавиши",
    keysOn: "Одиночные клавиши действуют",
    keysList: "Список клавиш",
    vector: "Векторы скорости",
    vectorNone: "нет",
    vectorMin: "на {span} вперёд",
    sounds: "Звук",
    soundsOn: "Сигнал при новом краткосрочном предупреждении",
    soundsWait: "Браузер не даёт звука до первого щелчка или нажатия клавиши на этой странице.",
    kept: "Хранится только в этом браузере. Пересчитывается лишь показанное, не записанное.",
    clock: "Время узла, UTC",
    now: "СЕЙЧАС",
    asOf: "НА МОМЕНТ",
    simulation: "ИМИТАЦИЯ",
    simulationTold: "Не время суток: время узла задаётся извне и между тактами стоит.",
    localTime: "Местное время этого устройства: {time}",
  },
  ar: {
    settings: "الإعدادات",
    language: "اللغة",
    units: "الوحدات",
    aviation: "NM, ft, kt",
    metric: "km, m, km/h",
    theme: "الألوان",
    dark: "داكنة",
    light: "فاتحة",
    system: "كما في النظام",
    keys: "المفاتيح",
    keysOn: "المفاتيح المفردة تعمل",
    keysList: "قائمة المفاتيح",
    vector: "متجهات السرعة",
    vectorNone: "بدون",
    vectorMin: "{span} إلى الأمام",
    sounds: "الصوت",
    soundsOn: "نغمة لكل إنذار جديد قصير المدى",
    soundsWait: "لا يسمح المتصفح بالصوت قبل نقرة أو ضغطة مفتاح على هذه الصفحة.",
    kept: "تُحفظ في هذا المتصفح فقط. لا تُحوَّل القيم المخزنة بل المعروضة فقط.",
    clock: "وقت العقدة، UTC",
    now: "الآن",
    asOf: "بتاريخ",
    simulation: "محاكاة",
    simulationTold: "ليس وقت اليوم: وقت هذه العقدة مُسيَّر ويتوقف بين نبضاتها.",
    localTime: "التوقيت المحلي لهذا الجهاز: {time}",
  },
};
