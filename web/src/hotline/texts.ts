import type { Table } from "../text/language";

type Keys =
  | "reading guarded"
  | "reading sealed"
  | "reading destroyed"
  | "outcome answered"
  | "outcome no duty"
  | "outcome over"
  | "outcome refused"
  | "outcome technical failure"
  | "outcome unanswered"
  | "outcome waiting"
  | "levelOpened"
  | "read-back differs"
  | "read-back matched"
  | "read-back not asked"
  | "read-back not given"
  | "read-back waiting"
  | "reached yes"
  | "reached no"
  | "reached unknown"
  | "differsTold"
  | "field"
  | "saidBy"
  | "readBy"
  | "fieldLeftOut"
  | "promised"
  | "voiceAtOnce"
  | "heldUntil"
  | "tried"
  | "callsAt"
  | "rung answered"
  | "rung no answer"
  | "rung not called"
  | "rung refused"
  | "rung technical failure"
  | "rung waiting"
  | "us"
  | "to"
  | "exercise"
  | "testStatus"
  | "expired"
  | "addresseesOnly"
  | "oneSided"
  | "corrected"
  | "cancelled"
  | "answerDue"
  | "theirAnswerDue"
  | "validUntil"
  | "mismatch"
  | "mismatchOurs"
  | "mismatchTheirs"
  | "entry"
  | "aboutEntry"
  | "signatures"
  | "signed double-signed"
  | "signed not signed by a person"
  | "signed single-signed"
  | "leadTime"
  | "seenOtherwise"
  | "placeCheck"
  | "place agrees"
  | "place differs"
  | "place undecided"
  | "place unknown place"
  | "unitsOf"
  | "unitsTold"
  | "unitsMissing"
  | "correct"
  | "cancelIt"
  | "askToClarify"
  | "openIt"
  | "translate"
  | "callAbout"
  | "draftKept"
  | "translateDo"
  | "translateLacks"
  | "translateTold"
  | "translateInto"
  | "translation"
  | "byMachine"
  | "actsAs"
  | "openDo"
  | "openTold"
  | "purpose"
  | "answerTo"
  | "sendAnswer"
  | "notInPast"
  | "noLonger"
  | "fieldLacks"
  | "minutesTooMany"
  | "minutesLack"
  | "reasonLacks"
  | "readBackTold"
  | "standbyMinutes"
  | "standbyHint"
  | "reasonWanted"
  | "remark"
  | "readBackField"
  | "formWanted"
  | "formDiffers"
  | "sentTold"
  | "onMap"
  | "duty"
  | "tabAlarms"
  | "tabMessages"
  | "tabUntold"
  | "tabCalls"
  | "observer"
  | "actsAsShort"
  | "hereUntil"
  | "notDeclared"
  | "write"
  | "call"
  | "past"
  | "waitsNow"
  | "awaitUs"
  | "noneAwait"
  | "openOnes"
  | "closedOnes"
  | "leftOut"
  | "machineTests"
  | "pick position"
  | "pick zone"
  | "pick boundary"
  | "pick aircraft"
  | "giveUp"
  | "keyAnswer"
  | "keyNext"
  | "keyWrite"
  | "keyCall"
  | "keyPresence"
  | "keyAlarms"
  | "keyUntold"
  | "keyCalls"
  | "spokenWaiting"
  | "spokenNew"
  | "spokenLeft"
  | "spokenExpired"
  | "spokenDiffers";

/** Texts of the messages and of the pane. */
export const TEXTS: Table<Keys> = {
  en: {
    "reading guarded":
      "Guarded: the words are shown once somebody here opens them, and that is written down.",
    "reading sealed": "The words are not held here.",
    "reading destroyed": "The words were destroyed; what is left is shown.",
    "outcome answered": "answered",
    "outcome no duty": "no answer owed",
    "outcome over": "over",
    "outcome refused": "refused",
    "outcome technical failure": "technical failure",
    "outcome unanswered": "UNANSWERED",
    "outcome waiting": "waiting",
    levelOpened: "opened here",
    "read-back differs": "DIFFERS",
    "read-back matched": "matched",
    "read-back not asked": "not asked",
    "read-back not given": "not given",
    "read-back waiting": "not yet",
    "reached yes": "yes",
    "reached no": "not yet",
    "reached unknown": "not known",
    differsTold: "Read back by {party} otherwise than said",
    field: "Field",
    saidBy: "Said ({party})",
    readBy: "Read back ({party})",
    fieldLeftOut: "(left out)",
    promised: "answer promised by",
    voiceAtOnce: "DISTRESS: called by voice at once, whatever the ladder.",
    heldUntil: "STANDBY holds the ladder until",
    tried: "Who of {party} was tried",
    callsAt: "to be called at",
    "rung answered": "answered",
    "rung no answer": "no answer",
    "rung not called": "not called yet",
    "rung refused": "refused",
    "rung technical failure": "technical failure",
    "rung waiting": "waiting",
    us: "us",
    to: "to",
    exercise: "EXERCISE",
    testStatus: "TEST",
    expired: "EXPIRED",
    addresseesOnly: "addressees only",
    oneSided: "own view only",
    corrected: "corrected",
    cancelled: "cancelled",
    answerDue: "our answer",
    theirAnswerDue: "their answer",
    validUntil: "valid until",
    mismatch: "READ-BACK DIFFERS: it was taken with other words than were said.",
    mismatchOurs: "It stays open until you correct it: say it again with a correction.",
    mismatchTheirs:
      "{party} sees it too and has to correct it; wait for the correction and read that back.",
    entry: "Entry",
    aboutEntry: "About",
    signatures: "Signatures of people",
    "signed double-signed": "two people",
    "signed not signed by a person": "by no person; by the node alone",
    "signed single-signed": "one person",
    leadTime: "Lead time",
    seenOtherwise: "Seen otherwise than noticed",
    placeCheck: "Place against coordinates",
    "place agrees": "agrees",
    "place differs": "DIFFERS",
    "place undecided": "undecided",
    "place unknown place": "unknown place",
    unitsOf: "Units of {party}",
    unitsTold: "{told} told of {required} required",
    unitsMissing: "missing:",
    correct: "Correct it",
    cancelIt: "Cancel it",
    askToClarify: "Ask to clarify",
    openIt: "Open it",
    translate: "Put a translation beside it",
    callAbout: "Enter a call about it",
    draftKept: "A draft is kept.",
    translateDo: "Put it beside the original",
    translateLacks: "Language and text are wanted.",
    translateTold:
      "The original stays what was said. The translation stands beside it with your post's name.",
    translateInto: "Language (ru, ar, en, …)",
    translation: "Translation",
    byMachine: "made by a machine",
    actsAs: "Acts as post",
    openDo: "Open it; that is written down",
    openTold:
      "The words are shown here from then on. Who opened them, when and what for stands in the private log.",
    purpose: "What for",
    answerTo: "{answer}, to {party}",
    sendAnswer: "Send {answer}",
    notInPast: "This is the past: nothing is answered there.",
    noLonger: "This answer can no longer be given.",
    fieldLacks: "Not read back yet: {field}.",
    minutesTooMany: "At most {minutes} min are left until the deadline.",
    minutesLack: "Minutes are wanted.",
    reasonLacks: "A reason is wanted: refused is not silence.",
    readBackTold:
      "Repeat what was said. Nothing is filled in for you; the machine of the other side compares letter by letter.",
    standbyMinutes: "You answer within (minutes)",
    standbyHint: "once, and not past the deadline: at most {minutes} min",
    reasonWanted: "Reason, in a few words (wanted)",
    remark: "Words beside it (may be empty)",
    readBackField: "Read back: {field}",
    formWanted: "form: {form}",
    formDiffers: "form: {form}; what is typed has another one: it will read as different",
    sentTold: "Sent: {type} to {party}",
    onMap: "on the map",
    duty: "Lists of the duty",
    tabAlarms: "Alarms {count}",
    tabMessages: "Messages {counts}",
    tabUntold: "Not told {count}",
    tabCalls: "Calls {count}",
    observer: "You look only: no receipt is written from this screen, and nothing can be sent.",
    actsAsShort: "Acts as",
    hereUntil: "here until {time}",
    notDeclared: "not declared: {key}",
    write: "Write",
    call: "Log call",
    past: "This is the past: nothing can be answered or sent here.",
    waitsNow: "Now, live: {count} await our answer.",
    awaitUs: "Await our answer",
    noneAwait: "None of the messages held here awaits our answer.",
    openOnes: "Open, waiting for others",
    closedOnes: "Closed, the newest {count}",
    leftOut: "{count} older ones are not listed here.",
    machineTests: "{count} tests between the nodes are not listed.",
    "pick position": "Choose a place on the map.",
    "pick zone": "Choose a zone on the map.",
    "pick boundary": "Choose a boundary on the map.",
    "pick aircraft": "Choose an aircraft on the map.",
    giveUp: "Give it up",
    keyAnswer: "give answer {number} to the selected message (asks first)",
    keyNext: "next message that awaits us",
    keyWrite: "write a message",
    keyCall: "enter a telephone call",
    keyPresence: "say that you are at the post (asks first)",
    keyAlarms: "list of alarms",
    keyUntold: "units not told",
    keyCalls: "list of calls",
    spokenWaiting: "{count} messages await our answer",
    spokenNew: "New message.",
    spokenLeft: "{seconds} seconds left to answer.",
    spokenExpired: "The time to answer has run out.",
    spokenDiffers: "The read-back differs from what was said.",
  },
  ru: {
    "reading guarded": "Защищено: слова показываются, когда их здесь откроют, и это записывается.",
    "reading sealed": "Слов здесь нет.",
    "reading destroyed": "Слова уничтожены; показано оставшееся.",
    "outcome answered": "отвечено",
    "outcome no duty": "ответ не требуется",
    "outcome over": "закончено",
    "outcome refused": "отказано",
    "outcome technical failure": "технический отказ",
    "outcome unanswered": "БЕЗ ОТВЕТА",
    "outcome waiting": "ожидание",
    levelOpened: "открыто здесь",
    "read-back differs": "РАСХОДИТСЯ",
    "read-back matched": "совпало",
    "read-back not asked": "не требуется",
    "read-back not given": "не дано",
    "read-back waiting": "ещё нет",
    "reached yes": "да",
    "reached no": "ещё нет",
    "reached unknown": "неизвестно",
    differsTold: "Повторено стороной {party} не так, как сказано",
    field: "Поле",
    saidBy: "Сказано ({party})",
    readBy: "Повторено ({party})",
    fieldLeftOut: "(пропущено)",
    promised: "ответ обещан к",
    voiceAtOnce: "БЕДСТВИЕ: вызов голосом сразу, независимо от лестницы.",
    heldUntil: "STANDBY удерживает лестницу до",
    tried: "Кого у {party} вызывали",
    callsAt: "вызов в",
    "rung answered": "ответил",
    "rung no answer": "не ответил",
    "rung not called": "ещё не вызван",
    "rung refused": "отказал",
    "rung technical failure": "технический отказ",
    "rung waiting": "ожидание",
    us: "мы",
    to: "кому",
    exercise: "УЧЕНИЕ",
    testStatus: "ПРОБА",
    expired: "ИСТЕКЛО",
    addresseesOnly: "только адресатам",
    oneSided: "только собственная точка зрения",
    corrected: "исправлено",
    cancelled: "отменено",
    answerDue: "наш ответ",
    theirAnswerDue: "их ответ",
    validUntil: "действительно до",
    mismatch: "ПОВТОР РАСХОДИТСЯ: принято не так, как сказано.",
    mismatchOurs: "Остаётся открытым, пока вы не исправите: скажите снова исправлением.",
    mismatchTheirs:
      "{party} тоже видит это и должна исправить; дождитесь исправления и повторите его.",
    entry: "Запись",
    aboutEntry: "О записи",
    signatures: "Подписи людей",
    "signed double-signed": "два человека",
    "signed not signed by a person": "никем из людей; только узлом",
    "signed single-signed": "один человек",
    leadTime: "Заблаговременность",
    seenOtherwise: "Замечено иначе, чем извещалось",
    placeCheck: "Место и координаты",
    "place agrees": "совпадает",
    "place differs": "РАСХОДИТСЯ",
    "place undecided": "не решено",
    "place unknown place": "неизвестное место",
    unitsOf: "Подразделения {party}",
    unitsTold: "извещено {told} из {required}",
    unitsMissing: "нет:",
    correct: "Исправить",
    cancelIt: "Отменить",
    askToClarify: "Просить уточнить",
    openIt: "Открыть",
    translate: "Добавить перевод рядом",
    callAbout: "Записать звонок об этом",
    draftKept: "Черновик сохранён.",
    translateDo: "Добавить рядом с подлинником",
    translateLacks: "Нужны язык и текст.",
    translateTold: "Сказанным остаётся подлинник. Перевод стоит рядом с именем вашего поста.",
    translateInto: "Язык (ru, ar, en, …)",
    translation: "Перевод",
    byMachine: "выполнен машиной",
    actsAs: "Действует пост",
    openDo: "Открыть; это будет записано",
    openTold: "С этого момента слова видны здесь. Кто, когда и зачем открыл — в закрытом журнале.",
    purpose: "Зачем",
    answerTo: "{answer}, кому: {party}",
    sendAnswer: "Отправить {answer}",
    notInPast: "Это прошлое: там не отвечают.",
    noLonger: "Этот ответ больше нельзя дать.",
    fieldLacks: "Ещё не повторено: {field}.",
    minutesTooMany: "До срока осталось не больше {minutes} мин.",
    minutesLack: "Нужны минуты.",
    reasonLacks: "Нужна причина: отказ — не молчание.",
    readBackTold:
      "Повторите сказанное. За вас ничего не заполнено; машина другой стороны сравнит посимвольно.",
    standbyMinutes: "Вы ответите за (минут)",
    standbyHint: "один раз и не позже срока: не больше {minutes} мин",
    reasonWanted: "Причина, в нескольких словах (обязательно)",
    remark: "Слова рядом (можно не заполнять)",
    readBackField: "Повторить: {field}",
    formWanted: "вид: {form}",
    formDiffers: "вид: {form}; введено в другом виде: прочтётся как расхождение",
    sentTold: "Отправлено: {type}, кому: {party}",
    onMap: "на карте",
    duty: "Списки дежурства",
    tabAlarms: "Тревоги {count}",
    tabMessages: "Сообщения {counts}",
    tabUntold: "Не извещены {count}",
    tabCalls: "Звонки {count}",
    observer:
      "Вы только смотрите: с этого экрана не пишется ни одна квитанция и ничего не отправить.",
    actsAsShort: "Действует как",
    hereUntil: "на посту до {time}",
    notDeclared: "не заявлено: {key}",
    write: "Написать",
    call: "Записать звонок",
    past: "Это прошлое: здесь нельзя ни ответить, ни отправить.",
    waitsNow: "Сейчас, вживую: ждут нашего ответа — {count}.",
    awaitUs: "Ждут нашего ответа",
    noneAwait: "Из сообщений здесь ни одно не ждёт нашего ответа.",
    openOnes: "Открыты, ждут других",
    closedOnes: "Закрыты, новейшие {count}",
    leftOut: "Старше не показано: {count}.",
    machineTests: "Проверки между узлами не показаны: {count}.",
    "pick position": "Выберите место на карте.",
    "pick zone": "Выберите зону на карте.",
    "pick boundary": "Выберите границу на карте.",
    "pick aircraft": "Выберите воздушное судно на карте.",
    giveUp: "Отказаться",
    keyAnswer: "дать ответ {number} на выбранное сообщение (с вопросом)",
    keyNext: "следующее сообщение, ждущее нас",
    keyWrite: "написать сообщение",
    keyCall: "записать телефонный звонок",
    keyPresence: "сообщить, что вы на посту (с вопросом)",
    keyAlarms: "список тревог",
    keyUntold: "не извещённые подразделения",
    keyCalls: "список звонков",
    spokenWaiting: "ждут нашего ответа: {count}",
    spokenNew: "Новое сообщение.",
    spokenLeft: "До ответа {seconds} секунд.",
    spokenExpired: "Срок ответа истёк.",
    spokenDiffers: "Повтор расходится со сказанным.",
  },
  ar: {
    "reading guarded": "محمي: تظهر الكلمات بعد أن يفتحها أحد هنا، ويُسجَّل ذلك.",
    "reading sealed": "الكلمات ليست محفوظة هنا.",
    "reading destroyed": "أُتلفت الكلمات؛ يُعرض ما بقي.",
    "outcome answered": "أُجيب",
    "outcome no duty": "لا جواب مستحق",
    "outcome over": "منتهية",
    "outcome refused": "رُفضت",
    "outcome technical failure": "عطل فني",
    "outcome unanswered": "بلا جواب",
    "outcome waiting": "بالانتظار",
    levelOpened: "فُتحت هنا",
    "read-back differs": "مختلفة",
    "read-back matched": "مطابقة",
    "read-back not asked": "غير مطلوبة",
    "read-back not given": "لم تُعط",
    "read-back waiting": "ليس بعد",
    "reached yes": "نعم",
    "reached no": "ليس بعد",
    "reached unknown": "غير معروف",
    differsTold: "أعاد {party} القراءة خلافاً لما قيل",
    field: "الحقل",
    saidBy: "قيل ({party})",
    readBy: "أُعيدت قراءته ({party})",
    fieldLeftOut: "(متروك)",
    promised: "جواب موعود قبل",
    voiceAtOnce: "استغاثة: نداء صوتي فوراً مهما كان السلّم.",
    heldUntil: "STANDBY يوقف السلّم حتى",
    tried: "من جرى نداؤه من {party}",
    callsAt: "يُنادى في",
    "rung answered": "أجاب",
    "rung no answer": "لا رد",
    "rung not called": "لم يُنادَ بعد",
    "rung refused": "رفض",
    "rung technical failure": "عطل فني",
    "rung waiting": "بالانتظار",
    us: "نحن",
    to: "إلى",
    exercise: "تمرين",
    testStatus: "اختبار",
    expired: "انتهت صلاحيتها",
    addresseesOnly: "للمرسل إليهم فقط",
    oneSided: "رأي المرسل وحده",
    corrected: "صُححت",
    cancelled: "أُلغيت",
    answerDue: "جوابنا",
    theirAnswerDue: "جوابهم",
    validUntil: "صالح حتى",
    mismatch: "القراءة المعادة مختلفة: أُخذت بكلمات غير التي قيلت.",
    mismatchOurs: "تبقى مفتوحة حتى تصححها: قلها ثانية برسالة تصحيح.",
    mismatchTheirs: "يرى {party} ذلك أيضاً وعليه التصحيح؛ انتظر التصحيح وأعد قراءته.",
    entry: "القيد",
    aboutEntry: "بشأن",
    signatures: "توقيعات الأشخاص",
    "signed double-signed": "شخصان",
    "signed not signed by a person": "لا أحد؛ العقدة وحدها",
    "signed single-signed": "شخص واحد",
    leadTime: "مهلة الإشعار",
    seenOtherwise: "شوهد خلاف الإشعار",
    placeCheck: "المكان مقابل الإحداثيات",
    "place agrees": "مطابق",
    "place differs": "مختلف",
    "place undecided": "غير محسوم",
    "place unknown place": "مكان غير معروف",
    unitsOf: "وحدات {party}",
    unitsTold: "أُبلغ {told} من {required}",
    unitsMissing: "ينقص:",
    correct: "تصحيح",
    cancelIt: "إلغاء الرسالة",
    askToClarify: "طلب توضيح",
    openIt: "فتحها",
    translate: "إضافة ترجمة بجانبها",
    callAbout: "تسجيل مكالمة عنها",
    draftKept: "مسودة محفوظة.",
    translateDo: "أضفها بجانب الأصل",
    translateLacks: "اللغة والنص مطلوبان.",
    translateTold: "يبقى الأصل هو ما قيل. تقف الترجمة بجانبه باسم نقطتكم.",
    translateInto: "اللغة (ru أو ar أو en …)",
    translation: "الترجمة",
    byMachine: "أنجزتها آلة",
    actsAs: "تتصرف النقطة",
    openDo: "افتحها؛ يُسجَّل ذلك",
    openTold: "تظهر الكلمات هنا بعد ذلك. من فتحها ومتى ولماذا يُحفظ في السجل الخاص.",
    purpose: "لأي غرض",
    answerTo: "{answer}، إلى {party}",
    sendAnswer: "أرسل {answer}",
    notInPast: "هذا من الماضي: لا يُجاب فيه.",
    noLonger: "لم يعد ممكناً إعطاء هذا الجواب.",
    fieldLacks: "لم تُعَد قراءته بعد: {field}.",
    minutesTooMany: "بقي حتى المهلة {minutes} دقيقة على الأكثر.",
    minutesLack: "الدقائق مطلوبة.",
    reasonLacks: "السبب مطلوب: الرفض ليس صمتاً.",
    readBackTold: "أعد ما قيل. لا يُملأ شيء عنك؛ يقارن جهاز الطرف الآخر حرفاً بحرف.",
    standbyMinutes: "تجيب خلال (دقائق)",
    standbyHint: "مرة واحدة ولا تتجاوز المهلة: {minutes} دقيقة على الأكثر",
    reasonWanted: "السبب بكلمات قليلة (مطلوب)",
    remark: "كلمات بجانبه (يجوز تركها)",
    readBackField: "أعد القراءة: {field}",
    formWanted: "الشكل: {form}",
    formDiffers: "الشكل: {form}؛ المكتوب بشكل آخر: سيُقرأ مختلفاً",
    sentTold: "أُرسلت: {type} إلى {party}",
    onMap: "على الخريطة",
    duty: "قوائم المناوبة",
    tabAlarms: "إنذارات {count}",
    tabMessages: "رسائل {counts}",
    tabUntold: "لم يُبلَّغوا {count}",
    tabCalls: "مكالمات {count}",
    observer: "أنت تشاهد فقط: لا يُكتب إيصال من هذه الشاشة ولا يُرسل شيء.",
    actsAsShort: "تتصرف بصفة",
    hereUntil: "حاضرة حتى {time}",
    notDeclared: "لم يُعلن: {key}",
    write: "اكتب",
    call: "سجّل مكالمة",
    past: "هذا من الماضي: لا يمكن الإجابة أو الإرسال هنا.",
    waitsNow: "الآن مباشرة: {count} بانتظار جوابنا.",
    awaitUs: "بانتظار جوابنا",
    noneAwait: "لا رسالة مما لدينا هنا بانتظار جوابنا.",
    openOnes: "مفتوحة بانتظار غيرنا",
    closedOnes: "مغلقة، أحدث {count}",
    leftOut: "لم تُدرج {count} أقدم منها.",
    machineTests: "لم تُدرج {count} من اختبارات العقد.",
    "pick position": "اختر موقعاً على الخريطة.",
    "pick zone": "اختر منطقة على الخريطة.",
    "pick boundary": "اختر حداً على الخريطة.",
    "pick aircraft": "اختر طائرة على الخريطة.",
    giveUp: "تراجع",
    keyAnswer: "إعطاء الجواب {number} على الرسالة المختارة (يسأل أولاً)",
    keyNext: "الرسالة التالية التي تنتظرنا",
    keyWrite: "كتابة رسالة",
    keyCall: "تسجيل مكالمة هاتفية",
    keyPresence: "القول إنك في النقطة (يسأل أولاً)",
    keyAlarms: "قائمة الإنذارات",
    keyUntold: "وحدات لم تُبلَّغ",
    keyCalls: "قائمة المكالمات",
    spokenWaiting: "{count} رسائل بانتظار جوابنا",
    spokenNew: "رسالة جديدة.",
    spokenLeft: "بقيت {seconds} ثانية للجواب.",
    spokenExpired: "انتهت مهلة الجواب.",
    spokenDiffers: "القراءة المعادة تختلف عما قيل.",
  },
};
