import type { Table } from "../text/language";

type Keys =
  | "notNow"
  | "choose"
  | "actsAs"
  | "takeTold"
  | "alarmsOf"
  | "noAlarms"
  | "moreAlarms"
  | "flood"
  | "unsteady"
  | "contactFault"
  | "calls"
  | "theMessage"
  | "takenBy"
  | "silent"
  | "take"
  | "takeDo"
  | "takeAnswersNothing"
  | "takeText"
  | "callsNobody"
  | "wentOut"
  | "failed"
  | "lineLacks"
  | "noneUntold"
  | "begunUntold"
  | "notTold"
  | "from"
  | "noDue"
  | "due"
  | "begins"
  | "asTheySay"
  | "saidByVoice"
  | "hasOldOne"
  | "unitNotTold"
  | "unitNotLoaded"
  | "voiceTitle"
  | "voiceDo"
  | "voiceTold"
  | "voiceAt"
  | "voiceAtHint"
  | "voiceText"
  | "alsoLoaded"
  | "enterCall"
  | "enterCallDo"
  | "callTold"
  | "aboutMessage"
  | "line"
  | "with"
  | "whoCalled"
  | "placed"
  | "received"
  | "outcome"
  | "began"
  | "ended"
  | "endedHint"
  | "instantHint"
  | "spokeWith"
  | "subject"
  | "recorder"
  | "reason"
  | "saidFields"
  | "readFields"
  | "whatElse"
  | "pairName"
  | "pairValue"
  | "addPair"
  | "partyLacks"
  | "directionLacks"
  | "outcomeLacks"
  | "beganLacks"
  | "endedWrong"
  | "subjectLacks"
  | "callReasonLacks"
  | "noCalls"
  | "leftOut"
  | "relays"
  | "matched"
  | "matchedDiffers"
  | "matchedSaysOne"
  | "oneSided"
  | "differsIn"
  | "endNotSaid"
  | "enteredLate"
  | "entered"
  | "correctedEntry"
  | "through"
  | "relay asked"
  | "relay declined"
  | "relay no report"
  | "relay passed"
  | "relay taken"
  | "relay unknown"
  | "relay is passed"
  | "relay is declined"
  | "relay is unknown"
  | "relayAt"
  | "relayBy"
  | "relayDo"
  | "relayLacks"
  | "relayReport"
  | "relayTitle";

/** Texts of alarms, units, calls and relays. */
export const DUTY_TEXTS: Table<Keys> = {
  en: {
    notNow: "Nothing can be entered from here now.",
    choose: "choose",
    actsAs: "Acts as post",
    alarmsOf: "Alarms of {party} at this instant, not those of {us}.",
    takeTold: "What somebody here must see now. To take one silences it here; it answers nothing.",
    noAlarms: "No alarm stands that this node knows of.",
    moreAlarms: "{count} more",
    flood: "{post}: {count} new in 10 min; its contacts get the others as one call.",
    unsteady: "{post}: in 95 % of ten minutes up to {count} new alarms; the aim is one.",
    contactFault: "Contact {name} does not work:",
    calls: "calls",
    theMessage: "the message",
    takenBy: "taken by",
    silent: "silent: a promise holds it",
    take: "Take",
    takeDo: "Take the alarm",
    takeAnswersNothing:
      "It answers nothing: the other side sees no answer, and the next post is still called.",
    takeText: "Words beside it (may be empty)",
    callsNobody: "No contact is called about this one.",
    wentOut: "went out",
    failed: "failed",
    lineLacks: "No line or post of ours may do this.",
    noneUntold:
      "No unit is missing of the notices held here that ask for any. Only units that a clause or a post has named are asked for.",
    begunUntold: "BEGUN, NOT TOLD",
    notTold: "NOT TOLD",
    from: "from",
    noDue: "no time set",
    due: "by",
    begins: "begins",
    asTheySay: "by {party}'s word alone",
    saidByVoice: "Enter: told by voice",
    hasOldOne: "HAS THE OLD ONE",
    unitNotTold: "NOT TOLD",
    unitNotLoaded: "told, NOT LOADED",
    voiceTitle: "{unit} said by voice that it has it",
    voiceDo: "Enter what the unit said",
    voiceTold:
      "You enter the unit's own word, not that it was called: only enter what it said to you.",
    voiceAt: "When it said so",
    voiceAtHint: "now, if left empty",
    voiceText: "Its words",
    alsoLoaded: "It also says that it has loaded it",
    enterCall: "Enter a telephone call",
    enterCallDo: "Enter our end of the call",
    callTold:
      "Each end enters its own word; the two are matched. A call is use of the line and answers no message.",
    aboutMessage: "About the message",
    line: "Line",
    with: "With",
    whoCalled: "Who called",
    placed: "we called them",
    received: "they called us",
    outcome: "Outcome",
    began: "Began (UTC)",
    ended: "Ended (UTC)",
    endedHint: "not stated, if left empty",
    instantHint: "13:58Z, 10 min ago, or 2017-06-20 13:58Z",
    spokeWith: "Spoke with",
    subject: "Subject",
    recorder: "Recorder",
    reason: "Why",
    saidFields: "Said",
    readFields: "Read back to us",
    whatElse: "What else was said",
    pairName: "name",
    pairValue: "value",
    addPair: "Add name and value",
    partyLacks: "The other end is wanted.",
    directionLacks: "Who called is wanted.",
    outcomeLacks: "The outcome is wanted.",
    beganLacks: "A time in UTC with its Z is wanted.",
    endedWrong: "The end is no time, or before the beginning.",
    subjectLacks: "What was talked about is wanted.",
    callReasonLacks: "Why it was refused, or failed, is wanted.",
    noCalls: "No call is entered in these logs.",
    leftOut: "{count} older ones are not listed here.",
    relays: "Messages to be passed on",
    matched: "matched: both ends say the same",
    matchedDiffers: "matched, WITH DIFFERENCES",
    matchedSaysOne: "the same call says {party} alone",
    oneSided: "ONE-SIDED: said by {party} alone",
    differsIn: "They differ in",
    endNotSaid: "end not stated",
    enteredLate: "ENTERED LATE",
    entered: "entered",
    correctedEntry: "corrected",
    through: "through",
    "relay asked": "asked",
    "relay declined": "declined",
    "relay no report": "no report",
    "relay passed": "passed on, by their word",
    "relay taken": "taken; taken is not passed",
    "relay unknown": "unknown",
    "relay is passed": "passed on",
    "relay is declined": "declined",
    "relay is unknown": "not known",
    relayAt: "When",
    relayBy: "Who took it",
    relayDo: "Enter it",
    relayLacks: "What became of it is wanted.",
    relayReport: "What became of it",
    relayTitle: "To be passed on to {third}",
  },
  ru: {
    notNow: "Сейчас отсюда ничего не записать.",
    choose: "выбрать",
    actsAs: "Действует пост",
    alarmsOf: "Тревоги стороны {party} на этот момент, а не стороны {us}.",
    takeTold:
      "Что здесь должны видеть сейчас. Принять — значит заглушить здесь; это ни на что не отвечает.",
    noAlarms: "Известных этому узлу тревог нет.",
    moreAlarms: "ещё {count}",
    flood: "{post}: {count} новых за 10 мин; контакты получают остальные одним вызовом.",
    unsteady: "{post}: в 95 % десятиминуток до {count} новых тревог; цель — одна.",
    contactFault: "Контакт {name} не работает:",
    calls: "вызывает",
    theMessage: "сообщение",
    takenBy: "принято:",
    silent: "молчит: удержано обещанием",
    take: "Принять",
    takeDo: "Принять тревогу",
    takeAnswersNothing:
      "Это ни на что не отвечает: другая сторона ответа не видит, следующий пост всё равно вызывается.",
    takeText: "Слова рядом (можно не заполнять)",
    callsNobody: "По этой тревоге никто не вызывается.",
    wentOut: "ушёл",
    failed: "не удался",
    lineLacks: "Нет нашей линии или поста для этого.",
    noneUntold:
      "Ни одно подразделение не пропущено в извещениях здесь. Спрашиваются только названные условием или постом.",
    begunUntold: "НАЧАЛОСЬ, НЕ ИЗВЕЩЕНЫ",
    notTold: "НЕ ИЗВЕЩЕНЫ",
    from: "от",
    noDue: "срок не задан",
    due: "к",
    begins: "начало",
    asTheySay: "только со слов {party}",
    saidByVoice: "Записать: сообщено голосом",
    hasOldOne: "ИМЕЕТ СТАРОЕ",
    unitNotTold: "НЕ ИЗВЕЩЕНО",
    unitNotLoaded: "извещено, НЕ ЗАГРУЖЕНО",
    voiceTitle: "{unit} сообщило голосом, что получило",
    voiceDo: "Записать слова подразделения",
    voiceTold: "Вы записываете слова самого подразделения, а не то, что его вызвали.",
    voiceAt: "Когда сообщило",
    voiceAtHint: "сейчас, если не заполнено",
    voiceText: "Его слова",
    alsoLoaded: "Сообщает также, что загрузило",
    enterCall: "Записать телефонный звонок",
    enterCallDo: "Записать наш конец звонка",
    callTold:
      "Каждый конец записывает своё; записи сопоставляются. Звонок — использование линии и не ответ на сообщение.",
    aboutMessage: "О сообщении",
    line: "Линия",
    with: "С кем",
    whoCalled: "Кто звонил",
    placed: "мы им",
    received: "они нам",
    outcome: "Итог",
    began: "Начало (UTC)",
    ended: "Конец (UTC)",
    endedHint: "не указан, если не заполнено",
    instantHint: "13:58Z, 10 min ago или 2017-06-20 13:58Z",
    spokeWith: "Говорили с",
    subject: "Предмет",
    recorder: "Запись на",
    reason: "Почему",
    saidFields: "Сказано",
    readFields: "Повторено нам",
    whatElse: "Что ещё сказано",
    pairName: "имя",
    pairValue: "значение",
    addPair: "Добавить имя и значение",
    partyLacks: "Нужен другой конец.",
    directionLacks: "Нужно указать, кто звонил.",
    outcomeLacks: "Нужен итог.",
    beganLacks: "Нужно время UTC с буквой Z.",
    endedWrong: "Конец — не время или раньше начала.",
    subjectLacks: "Нужно указать, о чём говорили.",
    callReasonLacks: "Нужно указать, почему отказано или сорвалось.",
    noCalls: "В этих журналах звонков нет.",
    leftOut: "Старше не показано: {count}.",
    relays: "Сообщения для передачи",
    matched: "сопоставлено: оба конца говорят одно",
    matchedDiffers: "сопоставлено, С РАСХОЖДЕНИЯМИ",
    matchedSaysOne: "тот же звонок — только со слов {party}",
    oneSided: "ОДНОСТОРОННЕ: только со слов {party}",
    differsIn: "Расходятся:",
    endNotSaid: "конец не указан",
    enteredLate: "ЗАПИСАНО ПОЗДНО",
    entered: "записано",
    correctedEntry: "исправлено",
    through: "через",
    "relay asked": "запрошено",
    "relay declined": "отклонено",
    "relay no report": "доклада нет",
    "relay passed": "передано, с их слов",
    "relay taken": "принято; принять — не передать",
    "relay unknown": "неизвестно",
    "relay is passed": "передано",
    "relay is declined": "отклонено",
    "relay is unknown": "неизвестно",
    relayAt: "Когда",
    relayBy: "Кто принял",
    relayDo: "Записать",
    relayLacks: "Укажите, что стало с сообщением.",
    relayReport: "Что стало с сообщением",
    relayTitle: "Передать: {third}",
  },
  ar: {
    notNow: "لا يمكن تسجيل شيء من هنا الآن.",
    choose: "اختر",
    actsAs: "تتصرف النقطة",
    alarmsOf: "إنذارات {party} في هذه اللحظة، وليست إنذارات {us}.",
    takeTold: "ما يجب أن يراه أحد هنا الآن. أخذه يُسكته هنا ولا يجيب عن شيء.",
    noAlarms: "لا إنذار قائم تعرفه هذه العقدة.",
    moreAlarms: "{count} أخرى",
    flood: "{post}: {count} جديدة في 10 دقائق؛ تصل البقية إلى جهات الاتصال كنداء واحد.",
    unsteady: "{post}: في 95 % من فترات عشر دقائق حتى {count} إنذارات جديدة؛ الهدف واحد.",
    contactFault: "جهة الاتصال {name} لا تعمل:",
    calls: "ينادي",
    theMessage: "الرسالة",
    takenBy: "أخذه",
    silent: "صامت: يوقفه وعد",
    take: "خذه",
    takeDo: "خذ الإنذار",
    takeAnswersNothing: "لا يجيب عن شيء: لا يرى الطرف الآخر جواباً، وتُنادى النقطة التالية مع ذلك.",
    takeText: "كلمات بجانبه (يجوز تركها)",
    callsNobody: "لا تُنادى جهة اتصال بشأنه.",
    wentOut: "خرج",
    failed: "فشل",
    lineLacks: "لا خط ولا نقطة لنا لهذا.",
    noneUntold: "لا وحدة ناقصة في الإشعارات المحفوظة هنا. لا يُسأل إلا عن وحدات سماها بند أو نقطة.",
    begunUntold: "بدأ ولم يُبلَّغوا",
    notTold: "لم يُبلَّغوا",
    from: "من",
    noDue: "لا وقت محدد",
    due: "قبل",
    begins: "يبدأ",
    asTheySay: "بقول {party} وحده",
    saidByVoice: "سجّل: أُبلغت صوتاً",
    hasOldOne: "لديها القديم",
    unitNotTold: "لم تُبلَّغ",
    unitNotLoaded: "أُبلغت ولم تُحمِّل",
    voiceTitle: "قالت {unit} صوتاً إنه لديها",
    voiceDo: "سجّل ما قالته الوحدة",
    voiceTold: "تسجل كلمة الوحدة نفسها لا أنها نوديت: سجّل فقط ما قالته لك.",
    voiceAt: "متى قالت ذلك",
    voiceAtHint: "الآن إن تُرك فارغاً",
    voiceText: "كلماتها",
    alsoLoaded: "تقول أيضاً إنها حمّلته",
    enterCall: "تسجيل مكالمة هاتفية",
    enterCallDo: "سجّل طرفنا من المكالمة",
    callTold: "يسجل كل طرف كلمته ثم تُطابَقان. المكالمة استخدام للخط ولا تجيب عن رسالة.",
    aboutMessage: "بشأن الرسالة",
    line: "الخط",
    with: "مع",
    whoCalled: "من اتصل",
    placed: "نحن اتصلنا",
    received: "هم اتصلوا",
    outcome: "النتيجة",
    began: "بدأت (UTC)",
    ended: "انتهت (UTC)",
    endedHint: "غير مذكور إن تُرك فارغاً",
    instantHint: "13:58Z أو 10 min ago أو 2017-06-20 13:58Z",
    spokeWith: "تحدثنا مع",
    subject: "الموضوع",
    recorder: "المسجل",
    reason: "لماذا",
    saidFields: "قيل",
    readFields: "أُعيدت قراءته لنا",
    whatElse: "ما قيل غير ذلك",
    pairName: "الاسم",
    pairValue: "القيمة",
    addPair: "أضف اسماً وقيمة",
    partyLacks: "الطرف الآخر مطلوب.",
    directionLacks: "يجب ذكر من اتصل.",
    outcomeLacks: "النتيجة مطلوبة.",
    beganLacks: "وقت UTC مع الحرف Z مطلوب.",
    endedWrong: "النهاية ليست وقتاً أو قبل البداية.",
    subjectLacks: "يجب ذكر موضوع الحديث.",
    callReasonLacks: "يجب ذكر سبب الرفض أو الفشل.",
    noCalls: "لا مكالمة مسجلة في هذه السجلات.",
    leftOut: "لم تُدرج {count} أقدم منها.",
    relays: "رسائل مطلوب نقلها",
    matched: "متطابقتان: يقول الطرفان الشيء نفسه",
    matchedDiffers: "متطابقتان مع فروق",
    matchedSaysOne: "المكالمة نفسها بقول {party} وحده",
    oneSided: "من طرف واحد: بقول {party} وحده",
    differsIn: "تختلفان في",
    endNotSaid: "النهاية غير مذكورة",
    enteredLate: "سُجلت متأخرة",
    entered: "سُجلت",
    correctedEntry: "مصححة",
    through: "عبر",
    "relay asked": "مطلوبة",
    "relay declined": "رُفض نقلها",
    "relay no report": "لا تقرير",
    "relay passed": "نُقلت بقولهم",
    "relay taken": "أُخذت؛ الأخذ ليس نقلاً",
    "relay unknown": "غير معروف",
    "relay is passed": "نُقلت",
    "relay is declined": "رُفض نقلها",
    "relay is unknown": "غير معروف",
    relayAt: "متى",
    relayBy: "من تسلّمها",
    relayDo: "سجّل",
    relayLacks: "اذكر ما آلت إليه الرسالة.",
    relayReport: "ما آلت إليه الرسالة",
    relayTitle: "للنقل إلى {third}",
  },
};
