import type { Table } from "../text/language";

type Keys =
  | "lines"
  | "map"
  | "alerts"
  | "messages"
  | "time"
  | "silent"
  | "silentFor"
  | "connecting"
  | "notAnswered"
  | "frameUnread"
  | "notLive"
  | "asOf"
  | "notNewer"
  | "skipTo"
  | "panes"
  | "counted"
  | "sideSize"
  | "alertsSize"
  | "keysTitle"
  | "keysTold"
  | "keysAllOff"
  | "keyHelp"
  | "keySettings"
  | "roomFrame"
  | "roomSearch"
  | "roomVerify"
  | "roomSign"
  | "keySpace"
  | "keyUp"
  | "keyDown"
  | "keyLeft"
  | "keyRight"
  | "keyEscape";

/** Texts of the frame around the rooms. */
export const TEXTS: Table<Keys> = {
  en: {
    lines: "Lines",
    map: "Map",
    alerts: "Alerts",
    messages: "Messages",
    time: "Time and evidence",
    silent: "NOT LIVE. Everything here is as of {instant}.",
    silentFor: "The node has not been heard for {age}.",
    connecting: "Not connected to the node yet. Nothing here is live.",
    notAnswered: "The node's newest view could not be read: {fault}",
    frameUnread: "The newest aircraft could not be read: {fault}",
    notLive: "NOT LIVE",
    asOf: "AS OF",
    notNewer: "nothing newer came for {age}, though the node is heard",
    skipTo: "Skip to",
    panes: "Parts of the screen",
    counted: "{name} ({count})",
    sideSize: "Width of alerts and messages",
    alertsSize: "Height of the alerts",
    keysTitle: "Keys",
    keysTold: "A key without its tick does nothing. No key sends anything without a confirmation.",
    keysAllOff: "Single keys are turned off in the settings: none of these acts now.",
    keyHelp: "this list of keys",
    keySettings: "settings",
    roomFrame: "Screen",
    roomSearch: "Finding on the map",
    roomVerify: "Evidence",
    roomSign: "Signing in",
    keySpace: "Space",
    keyUp: "Up",
    keyDown: "Down",
    keyLeft: "Left",
    keyRight: "Right",
    keyEscape: "Esc",
  },
  ru: {
    lines: "Линии",
    map: "Карта",
    alerts: "Предупреждения",
    messages: "Сообщения",
    time: "Время и доказательства",
    silent: "НЕ ПРЯМОЙ ЭФИР. Всё показанное — на {instant}.",
    silentFor: "Узел не слышен {age}.",
    connecting: "Связи с узлом ещё нет. Показанное — не прямой эфир.",
    notAnswered: "Новейшее состояние узла не прочитано: {fault}",
    frameUnread: "Новейшее положение воздушных судов не прочитано: {fault}",
    notLive: "НЕ ПРЯМОЙ ЭФИР",
    asOf: "НА МОМЕНТ",
    notNewer: "новее ничего не поступало {age}, хотя узел слышен",
    skipTo: "Перейти к разделу",
    panes: "Части экрана",
    counted: "{name} ({count})",
    sideSize: "Ширина предупреждений и сообщений",
    alertsSize: "Высота предупреждений",
    keysTitle: "Клавиши",
    keysTold:
      "Клавиша без отметки не действует. Ни одна клавиша ничего не отправляет без подтверждения.",
    keysAllOff: "Одиночные клавиши отключены в настройках: сейчас ни одна не действует.",
    keyHelp: "этот список клавиш",
    keySettings: "настройки",
    roomFrame: "Экран",
    roomSearch: "Поиск на карте",
    roomVerify: "Доказательства",
    roomSign: "Вход",
    keySpace: "Пробел",
    keyUp: "Вверх",
    keyDown: "Вниз",
    keyLeft: "Влево",
    keyRight: "Вправо",
    keyEscape: "Esc",
  },
  ar: {
    lines: "الخطوط",
    map: "الخريطة",
    alerts: "الإنذارات",
    messages: "الرسائل",
    time: "الوقت والأدلة",
    silent: "ليست مباشرة. كل ما هنا بتاريخ {instant}.",
    silentFor: "لم تُسمع العقدة منذ {age}.",
    connecting: "لا اتصال بالعقدة بعد. لا شيء هنا مباشر.",
    notAnswered: "تعذرت قراءة أحدث حالة للعقدة: {fault}",
    frameUnread: "تعذرت قراءة أحدث مواقع الطائرات: {fault}",
    notLive: "ليست مباشرة",
    asOf: "بتاريخ",
    notNewer: "لم يصل أحدث منه منذ {age} مع أن العقدة مسموعة",
    skipTo: "انتقل إلى",
    panes: "أجزاء الشاشة",
    counted: "{name} ({count})",
    sideSize: "عرض الإنذارات والرسائل",
    alertsSize: "ارتفاع الإنذارات",
    keysTitle: "المفاتيح",
    keysTold: "المفتاح بلا علامة لا يعمل. لا يرسل أي مفتاح شيئًا بلا تأكيد.",
    keysAllOff: "المفاتيح المفردة معطلة في الإعدادات: لا يعمل أي منها الآن.",
    keyHelp: "قائمة المفاتيح هذه",
    keySettings: "الإعدادات",
    roomFrame: "الشاشة",
    roomSearch: "البحث على الخريطة",
    roomVerify: "الأدلة",
    roomSign: "تسجيل الدخول",
    keySpace: "مسافة",
    keyUp: "أعلى",
    keyDown: "أسفل",
    keyLeft: "يسار",
    keyRight: "يمين",
    keyEscape: "Esc",
  },
};
