import type { Table } from "../text/language";

type Keys =
  | "write"
  | "notNow"
  | "typeSearch"
  | "noType"
  | "typeFirst"
  | "lifeSafety"
  | "suspended"
  | "guarded"
  | "about"
  | "withoutAbout"
  | "aboutWhich"
  | "choose"
  | "line"
  | "to"
  | "post"
  | "class"
  | "classOfType"
  | "validMin"
  | "status"
  | "actual"
  | "exercise"
  | "test"
  | "wantsAnswer"
  | "addresseesOnly"
  | "text"
  | "textLanguage"
  | "notSaid"
  | "isReadBack"
  | "onMap"
  | "addField"
  | "hintPosition"
  | "hintWindow"
  | "hintTime"
  | "hintLevel"
  | "reads"
  | "underWay"
  | "notKnown"
  | "notKnownStill"
  | "askAgain"
  | "notThere"
  | "goOn"
  | "refused"
  | "isItMeant"
  | "written"
  | "nodeSees"
  | "wanted"
  | "use"
  | "correctIt"
  | "isMeant"
  | "send"
  | "discard"
  | "keptTold"
  | "typeLacks"
  | "lineLacks"
  | "toLacks"
  | "validLacks"
  | "aboutLacks";

/** Texts of the composer. */
export const COMPOSE_TEXTS: Table<Keys> = {
  en: {
    write: "Write a message",
    notNow: "Nothing can be sent from here now.",
    typeSearch: "What kind of message: find by code or words",
    noType: "No type has these words.",
    typeFirst: "Choose a kind of message; arrow keys and Enter do.",
    lifeSafety: "Life-safety: it passes while the line is suspended.",
    suspended: "The line is suspended: the node will refuse this kind; life-safety passes.",
    guarded: "Guarded: goes to its addressees only, where consent stands, and must have an end.",
    about: "About:",
    withoutAbout: "without this reference",
    aboutWhich: "About which message",
    choose: "choose",
    line: "Line",
    to: "To",
    post: "By post",
    class: "Class",
    classOfType: "as the kind says",
    validMin: "Valid for (min)",
    status: "Status",
    actual: "actual",
    exercise: "EXERCISE",
    test: "TEST",
    wantsAnswer: "An answer is wanted",
    addresseesOnly: "No other party gets the words",
    text: "Free text",
    textLanguage: "Its language",
    notSaid: "not said",
    isReadBack: "is read back",
    onMap: "on the map",
    addField: "Add a field",
    hintPosition: "latitude,longitude in degrees, or the id of an agreed place",
    hintWindow: "e.g. 09:00Z/12:00Z",
    hintTime: "UTC, e.g. 09:40Z",
    hintLevel: "e.g. FL120 or 4500 ft",
    reads: "It will read",
    underWay: "Being sent…",
    notKnown:
      "It is not known whether it was sent: the node did not answer. Look at the list; the node is asked as soon as it is heard.",
    notKnownStill: "Still not known whether it was sent: the node does not answer.",
    askAgain: "Ask the node again",
    notThere: "The node answers and has no such message: it was not sent. The draft is kept.",
    goOn: "Go on writing",
    refused: "The node refused; nothing was sent:",
    isItMeant: "Is this meant? Nothing was sent yet.",
    written: "You wrote",
    nodeSees: "The node sees",
    wanted: "It expected",
    use: "Take",
    correctIt: "I correct it",
    isMeant: "It is meant so: send it",
    send: "Send to {to}",
    discard: "Throw the draft away",
    keptTold: "Closing keeps the draft in this tab.",
    typeLacks: "A kind of message is wanted.",
    lineLacks: "No line or post of ours may send this.",
    toLacks: "An addressee is wanted.",
    validLacks: "Minutes of validity are wanted.",
    aboutLacks: "It must name the message that it is about.",
  },
  ru: {
    write: "Написать сообщение",
    notNow: "Сейчас отсюда ничего не отправить.",
    typeSearch: "Вид сообщения: поиск по коду или словам",
    noType: "Нет вида с такими словами.",
    typeFirst: "Выберите вид сообщения; стрелки и Enter.",
    lifeSafety: "Спасение жизни: проходит и при приостановленной линии.",
    suspended: "Линия приостановлена: узел откажет в этом виде; спасение жизни проходит.",
    guarded: "Защищено: только адресатам, при согласии, и должно иметь срок.",
    about: "О:",
    withoutAbout: "без этой ссылки",
    aboutWhich: "О каком сообщении",
    choose: "выбрать",
    line: "Линия",
    to: "Кому",
    post: "Пост",
    class: "Класс",
    classOfType: "как у вида",
    validMin: "Действительно (мин)",
    status: "Статус",
    actual: "действительное",
    exercise: "УЧЕНИЕ",
    test: "ПРОБА",
    wantsAnswer: "Нужен ответ",
    addresseesOnly: "Слова не получит никакая другая сторона",
    text: "Свободный текст",
    textLanguage: "Его язык",
    notSaid: "не указан",
    isReadBack: "повторяется",
    onMap: "на карте",
    addField: "Добавить поле",
    hintPosition: "широта,долгота в градусах или код согласованного места",
    hintWindow: "например 09:00Z/12:00Z",
    hintTime: "UTC, например 09:40Z",
    hintLevel: "например FL120 или 4500 ft",
    reads: "Будет читаться так",
    underWay: "Отправляется…",
    notKnown:
      "Неизвестно, отправлено ли: узел не ответил. Смотрите список; узел будет спрошен, как только станет слышен.",
    notKnownStill: "По-прежнему неизвестно, отправлено ли: узел не отвечает.",
    askAgain: "Спросить узел снова",
    notThere: "Узел отвечает, такого сообщения нет: не отправлено. Черновик сохранён.",
    goOn: "Продолжить",
    refused: "Узел отказал; ничего не отправлено:",
    isItMeant: "Так и задумано? Пока ничего не отправлено.",
    written: "Вы написали",
    nodeSees: "Узел видит",
    wanted: "Ожидалось",
    use: "Взять",
    correctIt: "Исправлю",
    isMeant: "Так задумано: отправить",
    send: "Отправить: {to}",
    discard: "Выбросить черновик",
    keptTold: "При закрытии черновик остаётся в этой вкладке.",
    typeLacks: "Нужен вид сообщения.",
    lineLacks: "Нет нашей линии или поста для этого.",
    toLacks: "Нужен адресат.",
    validLacks: "Нужны минуты действия.",
    aboutLacks: "Нужно указать, о каком сообщении.",
  },
  ar: {
    write: "كتابة رسالة",
    notNow: "لا يمكن إرسال شيء من هنا الآن.",
    typeSearch: "نوع الرسالة: ابحث بالرمز أو الكلمات",
    noType: "لا نوع بهذه الكلمات.",
    typeFirst: "اختر نوع الرسالة؛ بالأسهم ومفتاح Enter.",
    lifeSafety: "سلامة الأرواح: تمر والخط معلّق.",
    suspended: "الخط معلّق: سترفض العقدة هذا النوع؛ تمر سلامة الأرواح.",
    guarded: "محمية: للمرسل إليهم فقط حيث توجد موافقة، ويجب أن تكون لها نهاية.",
    about: "بشأن:",
    withoutAbout: "بدون هذه الإشارة",
    aboutWhich: "بشأن أي رسالة",
    choose: "اختر",
    line: "الخط",
    to: "إلى",
    post: "من النقطة",
    class: "الفئة",
    classOfType: "كما يحدد النوع",
    validMin: "صالحة لمدة (دقيقة)",
    status: "الصفة",
    actual: "فعلية",
    exercise: "تمرين",
    test: "اختبار",
    wantsAnswer: "الجواب مطلوب",
    addresseesOnly: "لا يحصل طرف آخر على الكلمات",
    text: "نص حر",
    textLanguage: "لغته",
    notSaid: "غير مذكورة",
    isReadBack: "تُعاد قراءته",
    onMap: "على الخريطة",
    addField: "إضافة حقل",
    hintPosition: "خط العرض،خط الطول بالدرجات أو رمز مكان متفق عليه",
    hintWindow: "مثلاً 09:00Z/12:00Z",
    hintTime: "UTC، مثلاً 09:40Z",
    hintLevel: "مثلاً FL120 أو 4500 ft",
    reads: "ستُقرأ هكذا",
    underWay: "قيد الإرسال…",
    notKnown: "لا يُعرف هل أُرسلت: لم تُجب العقدة. انظر القائمة؛ ستُسأل العقدة حالما تُسمع.",
    notKnownStill: "لا يُعرف بعد هل أُرسلت: العقدة لا تجيب.",
    askAgain: "اسأل العقدة ثانية",
    notThere: "تجيب العقدة وليس لديها رسالة كهذه: لم تُرسل. المسودة محفوظة.",
    goOn: "متابعة الكتابة",
    refused: "رفضت العقدة؛ لم يُرسل شيء:",
    isItMeant: "هل هذا مقصود؟ لم يُرسل شيء بعد.",
    written: "كتبتَ",
    nodeSees: "ترى العقدة",
    wanted: "كان المتوقع",
    use: "خذ",
    correctIt: "سأصححه",
    isMeant: "مقصود هكذا: أرسلها",
    send: "أرسل إلى {to}",
    discard: "تخلص من المسودة",
    keptTold: "عند الإغلاق تبقى المسودة في هذا اللسان.",
    typeLacks: "نوع الرسالة مطلوب.",
    lineLacks: "لا خط ولا نقطة لنا لإرسال هذا.",
    toLacks: "المرسل إليه مطلوب.",
    validLacks: "دقائق الصلاحية مطلوبة.",
    aboutLacks: "يجب ذكر الرسالة التي هي بشأنها.",
  },
};
