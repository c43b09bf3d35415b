import type { Table } from "../text/language";

type Keys =
  | "lines"
  | "map"
  | "alerts"
  | "messages"
  | "time"
  | "silent"
  | "connecting"
  | "notAnswered";

/** Texts of the frame around the rooms. */
export const TEXTS: Table<Keys> = {
  en: {
    lines: "Lines",
    map: "Map",
    alerts: "Alerts",
    messages: "Messages",
    time: "Time and evidence",
    silent: "NOT LIVE. The node has not been heard for {age}. Everything here is as of {instant}.",
    connecting: "Not connected to the node yet. Nothing here is live.",
    notAnswered: "The node's newest view could not be read: {fault}",
  },
  ru: {
    lines: "Линии",
    map: "Карта",
    alerts: "Предупреждения",
    messages: "Сообщения",
    time: "Время и доказательства",
    silent: "НЕ В РЕАЛЬНОМ ВРЕМЕНИ. Узел не слышен {age}. Всё показанное — на {instant}.",
    connecting: "Связи с узлом ещё нет. Показанное не в реальном времени.",
    notAnswered: "Новейшее состояние узла не прочитано: {fault}",
  },
  ar: {
    lines: "الخطوط",
    map: "الخريطة",
    alerts: "الإنذارات",
    messages: "الرسائل",
    time: "الوقت والأدلة",
    silent: "ليست مباشرة. لم تُسمع العقدة منذ {age}. كل ما هنا بتاريخ {instant}.",
    connecting: "لا اتصال بالعقدة بعد. لا شيء هنا مباشر.",
    notAnswered: "تعذرت قراءة أحدث حالة للعقدة: {fault}",
  },
};
