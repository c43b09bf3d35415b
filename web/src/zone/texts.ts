import type { Table } from "../text/language";

type Keys =
  | "zone"
  | "close"
  | "shownAs"
  | "activity"
  | "promulgation"
  | "owner"
  | "nobody"
  | "agreedBy"
  | "onlySays"
  | "limits"
  | "hours"
  | "because"
  | "setHot"
  | "setCold"
  | "setHotDo"
  | "setColdDo"
  | "told"
  | "toldCold"
  | "alerts"
  | "noAlert"
  | "actsAs"
  | "notOurs"
  | "undecided";

/** Texts of the card of one zone. */
export const TEXTS: Table<Keys> = {
  en: {
    zone: "Zone",
    close: "Close the card",
    shownAs: "shown to others as",
    activity: "its owner says",
    promulgation: "confirmed so far",
    owner: "owner",
    nobody: "nobody",
    agreedBy: "agreed by {parties}",
    onlySays: "only {parties} says so: it binds nobody else",
    limits: "from {lower} to {upper}",
    hours: "until {instant}",
    because: "because",
    setHot: "Say hot",
    setCold: "Say cold",
    setHotDo: "Say that {zone} is hot",
    setColdDo: "Say that {zone} is cold",
    told: "An entry signed by our node says from now on what happens in {zone}. The others see it once they hold it.",
    toldCold:
      "Cold says that nothing happens there. Whoever reads it may plan through the zone: say it only when it is so.",
    alerts: "Open alerts about this zone: {count}",
    noAlert: "No open alert here is about this zone. That does not say that nobody is in it.",
    actsAs: "Post that acts",
    notOurs: "Only {owner} says what happens in it.",
    undecided: "An unconfirmed zone is never read as cold.",
  },
  ru: {
    zone: "Зона",
    close: "Закрыть карточку",
    shownAs: "другим показана как",
    activity: "по словам владельца",
    promulgation: "подтверждено",
    owner: "владелец",
    nobody: "никто",
    agreedBy: "согласована: {parties}",
    onlySays: "так говорит только {parties}: других не обязывает",
    limits: "от {lower} до {upper}",
    hours: "до {instant}",
    because: "потому что",
    setHot: "Объявить активной",
    setCold: "Объявить неактивной",
    setHotDo: "Объявить, что {zone} активна",
    setColdDo: "Объявить, что {zone} неактивна",
    told: "Запись, подписанная нашим узлом, сообщает, что теперь происходит в {zone}. Другие увидят её, когда получат.",
    toldCold:
      "«Неактивна» значит, что там ничего не происходит. Прочитавший может планировать полёт через зону: сообщайте, только если это так.",
    alerts: "Открытых предупреждений об этой зоне: {count}",
    noAlert: "Открытых предупреждений об этой зоне здесь нет. Это не значит, что в ней никого нет.",
    actsAs: "Действует пост",
    notOurs: "О происходящем в ней сообщает только {owner}.",
    undecided: "Неподтверждённая зона никогда не читается как неактивная.",
  },
  ar: {
    zone: "منطقة",
    close: "إغلاق البطاقة",
    shownAs: "تظهر للآخرين",
    activity: "يقول مالكها",
    promulgation: "المؤكد حتى الآن",
    owner: "المالك",
    nobody: "لا أحد",
    agreedBy: "متفق عليها: {parties}",
    onlySays: "هذا قول {parties} وحده: لا يلزم غيره",
    limits: "من {lower} إلى {upper}",
    hours: "حتى {instant}",
    because: "لأن",
    setHot: "إعلانها نشطة",
    setCold: "إعلانها غير نشطة",
    setHotDo: "إعلان أن {zone} نشطة",
    setColdDo: "إعلان أن {zone} غير نشطة",
    told: "قيد توقعه عقدتنا يقول ما يجري في {zone} من الآن. يراه الآخرون متى وصل إليهم.",
    toldCold:
      "«غير نشطة» تعني أن لا شيء يجري هناك. من يقرؤها قد يخطط للطيران عبرها: لا تقلها إلا إن كانت كذلك.",
    alerts: "إنذارات مفتوحة عن هذه المنطقة: {count}",
    noAlert: "لا إنذار مفتوح هنا عن هذه المنطقة. هذا لا يعني أن لا أحد فيها.",
    actsAs: "المركز الذي يعمل",
    notOurs: "{owner} وحده يقول ما يجري فيها.",
    undecided: "المنطقة غير المؤكدة لا تُقرأ أبداً غير نشطة.",
  },
};
