import type { Table } from "../text/language";

type Keys = "close" | "cancel" | "busy" | "late" | "leftSpoken" | "endedSpoken";

/** Texts of the small parts that every room uses. */
export const KIT_TEXTS: Table<Keys> = {
  en: {
    close: "Close",
    cancel: "Do nothing",
    busy: "Being done…",
    late: "late by {span}",
    leftSpoken: "{told}: {span} left",
    endedSpoken: "{told}: the time has run out",
  },
  ru: {
    close: "Закрыть",
    cancel: "Ничего не делать",
    busy: "Выполняется…",
    late: "просрочено на {span}",
    leftSpoken: "{told}: осталось {span}",
    endedSpoken: "{told}: срок истёк",
  },
  ar: {
    close: "إغلاق",
    cancel: "عدم فعل شيء",
    busy: "قيد التنفيذ…",
    late: "متأخر بمقدار {span}",
    leftSpoken: "{told}: بقي {span}",
    endedSpoken: "{told}: انتهت المهلة",
  },
};
