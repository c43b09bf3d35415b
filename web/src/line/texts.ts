import type { Table } from "../text/language";

type Keys =
  | "noEntry"
  | "entryNotHeld"
  | "leaf"
  | "guarded"
  | "sealed"
  | "keyLine"
  | "noView"
  | "noLine"
  | "onDuty"
  | "nobodyOnDuty"
  | "neverHeard"
  | "heard"
  | "lineOf"
  | "notInView"
  | "state"
  | "history"
  | "noActsPast"
  | "noActsObserver"
  | "hoursUnread"
  | "withinHours"
  | "outsideHours"
  | "nothingMissing"
  | "hours"
  | "languages"
  | "never"
  | "ago"
  | "ahead"
  | "perParty"
  | "party"
  | "agreement"
  | "linkSeen"
  | "attended"
  | "use"
  | "pending"
  | "perWay"
  | "way"
  | "link"
  | "machineTest"
  | "personTest"
  | "ourselves"
  | "lastHeard"
  | "lastUsed"
  | "in24h"
  | "since"
  | "byPost"
  | "reason"
  | "wholeAgreement"
  | "twoPeople"
  | "singleSigned"
  | "secondDue"
  | "presentWord"
  | "leftWord"
  | "lapsedWord"
  | "effectiveFrom"
  | "waitsSignatures"
  | "waitsTime"
  | "saidBy"
  | "wayUse24h"
  | "testsNotKept"
  | "lastGood"
  | "lastSent"
  | "noTestOwed"
  | "nextDue"
  | "missed"
  | "historyTold"
  | "asKnownTo"
  | "changesIn"
  | "stateAt"
  | "instantHint"
  | "instantWanted"
  | "showState"
  | "underWay"
  | "notKnown"
  | "refused"
  | "noAnswer"
  | "firstWord"
  | "noChange"
  | "came"
  | "gone"
  | "byTime"
  | "thenAs"
  | "perhaps"
  | "neverProven"
  | "provenFrom"
  | "notOurLine"
  | "ourActs"
  | "present"
  | "leave"
  | "test"
  | "suspend"
  | "resume"
  | "withdraw"
  | "presentDo"
  | "leaveDo"
  | "testDo"
  | "suspendDo"
  | "resumeDo"
  | "withdrawDo"
  | "presentTold"
  | "leaveTold"
  | "testTold"
  | "suspendTold"
  | "resumeTold"
  | "withdrawTold"
  | "actsAs"
  | "reasonWanted"
  | "reasonMay"
  | "typeName"
  | "takesEffect"
  | "clauseMay"
  | "lifePasses"
  | "whenLegend"
  | "byNotice"
  | "atOnce"
  | "postLacks"
  | "reasonLacks"
  | "nameLacks";

/** Texts of the line bar and of a line's dialog. */
export const TEXTS: Table<Keys> = {
  en: {
    noEntry: "no entry: measured by this node itself",
    entryNotHeld: "this node does not hold that entry",
    leaf: "leaf hash",
    guarded: "guarded: not opened here",
    sealed: "sealed: the words are not held here",
    keyLine: "open the state of the line",
    noView: "No line is shown: the node has not told its state yet.",
    noLine: "No agreement here has a line.",
    onDuty: "on duty: {posts}",
    nobodyOnDuty: "nobody on duty",
    neverHeard: "never heard",
    heard: "heard {age} ago",
    lineOf: "Line {line} under {agreement}",
    notInView: "This line is not in what is shown.",
    state: "State",
    history: "State then, and changes",
    noActsPast: "This is the past: nothing can be done to it.",
    noActsObserver: "You are looking only; acting needs the node's token.",
    hoursUnread: "its hours cannot be read",
    withinHours: "within them now",
    outsideHours: "outside of them now",
    nothingMissing: "Nothing is missing of what the norms ask.",
    hours: "Watch hours {hours}",
    languages: "languages {languages}",
    never: "never",
    ago: "{age} ago",
    ahead: "in {age}",
    perParty: "Each party",
    party: "Party",
    agreement: "Agreement",
    linkSeen: "Link, as {viewer} measures it",
    attended: "Attended",
    use: "Use",
    pending: "Not in effect yet",
    perWay: "Each way",
    way: "Way",
    link: "Link",
    machineTest: "Test between nodes",
    personTest: "Test by a person",
    ourselves: "its own node",
    lastHeard: "last heard",
    lastUsed: "last used",
    in24h: "in 24 h: {count}",
    since: "since",
    byPost: "by {post}",
    reason: "reason",
    wholeAgreement: "of the agreement as a whole",
    twoPeople: "signed by two people",
    singleSigned: "single-signed: one person only",
    secondDue: "a second person may sign until",
    presentWord: "present",
    leftWord: "left",
    lapsedWord: "not confirmed for more than 10 min",
    effectiveFrom: "In effect from",
    waitsSignatures: "Waits for the signatures of {count} more.",
    waitsTime: "Waits for its time.",
    saidBy: "said by {party}",
    wayUse24h: "in 24 h: messages {messages}, calls {calls}",
    testsNotKept: "these rules do not tell tests apart",
    lastGood: "last good",
    lastSent: "last sent",
    noTestOwed: "no test is owed now",
    nextDue: "next due",
    missed: "{count} missed",
    historyTold: "By what the logs of this node prove. Times are UTC.",
    asKnownTo: "As known to",
    changesIn: "Changes in the last",
    stateAt: "State at",
    instantHint: "13:58Z, 10 min ago, or 2017-06-20 13:58Z",
    instantWanted: "Not a time: UTC with its Z is wanted.",
    showState: "Show",
    underWay: "Being done…",
    notKnown:
      "The node did not answer: it is not known whether this was done. Look at the state before you do it again.",
    refused: "The node refused; nothing was written:",
    noAnswer: "The node did not answer.",
    firstWord: "At {instant}:",
    noChange: "No change since.",
    came: "since then: {what}",
    gone: "no longer: {what}",
    byTime: "by time alone, no entry",
    thenAs: "{instant} as {viewer} surely knew it",
    perhaps: "It may have known more: with that it reads",
    neverProven: "not proven ever to have been known",
    provenFrom: "known for sure from {instant}",
    notOurLine: "We are no end of this line.",
    ourActs: "Our side",
    present: "I am at the post",
    leave: "I leave the post",
    test: "Test the line",
    suspend: "Suspend",
    resume: "Resume",
    withdraw: "Withdraw",
    presentDo: "Write that I am here",
    leaveDo: "Write that I leave",
    testDo: "Send the test",
    suspendDo: "Suspend our side",
    resumeDo: "Resume our side",
    withdrawDo: "Withdraw our side",
    presentTold:
      "A person is at this post, for 10 minutes unless it is said again. {others} sees it.",
    leaveTold: "Nobody is at this post any more. {others} sees it at once.",
    testTold:
      "The node sends four words to {others}; a person there must read them back within a minute.",
    suspendTold:
      "Our side of the line {line} is suspended. {others} is told now. A second person must sign within 60 min, else it is shown as single-signed.",
    resumeTold: "Our side of the line {line} is in force again, as far as it is ours to say.",
    withdrawTold:
      "It takes two operators: until two enrolled people have signed this entry it has no effect, and is shown as pending.",
    actsAs: "Post that acts",
    reasonWanted: "Reason (the other side reads it)",
    reasonMay: "Reason, if there is one",
    typeName: "Type {line} to say that it is meant",
    takesEffect: "Takes effect at",
    clauseMay:
      "by the norms' {notice} min of notice and {margin} min of margin; a clause of the agreement may set another, and the line then says the instant.",
    lifePasses: "Life-safety messages and line tests still pass.",
    whenLegend: "When",
    byNotice: "after {notice} min of notice and {margin} min of margin",
    atOnce: "at once; it is marked as immediate",
    postLacks: "No post of ours may act on this line.",
    reasonLacks: "A reason is wanted.",
    nameLacks: "The line's name is not typed yet.",
  },
  ru: {
    noEntry: "записи нет: измерено самим узлом",
    entryNotHeld: "у этого узла нет этой записи",
    leaf: "хеш листа",
    guarded: "защищено: здесь не открывали",
    sealed: "запечатано: слов здесь нет",
    keyLine: "открыть состояние линии",
    noView: "Линии не показаны: узел ещё не сообщил состояние.",
    noLine: "Ни в одном соглашении здесь нет линии.",
    onDuty: "на дежурстве: {posts}",
    nobodyOnDuty: "на дежурстве никого",
    neverHeard: "не слышно никогда",
    heard: "слышно {age} назад",
    lineOf: "Линия {line} по {agreement}",
    notInView: "Этой линии нет в показанном.",
    state: "Состояние",
    history: "Состояние тогда и изменения",
    noActsPast: "Это прошлое: с ним ничего нельзя сделать.",
    noActsObserver: "Вы только смотрите; для действий нужен ключ узла.",
    hoursUnread: "часы не читаются",
    withinHours: "сейчас в этих часах",
    outsideHours: "сейчас вне этих часов",
    nothingMissing: "Из того, что требуют нормы, есть всё.",
    hours: "Часы дежурства {hours}",
    languages: "языки {languages}",
    never: "никогда",
    ago: "{age} назад",
    ahead: "через {age}",
    perParty: "Каждая сторона",
    party: "Сторона",
    agreement: "Соглашение",
    linkSeen: "Связь, как её измеряет {viewer}",
    attended: "Присутствие",
    use: "Использование",
    pending: "Ещё не действует",
    perWay: "Каждое направление",
    way: "Направление",
    link: "Связь",
    machineTest: "Проверка между узлами",
    personTest: "Проверка людьми",
    ourselves: "собственный узел",
    lastHeard: "последний раз слышно",
    lastUsed: "последнее использование",
    in24h: "{count} сообщений и звонков за 24 ч",
    since: "с",
    byPost: "пост {post}",
    reason: "причина",
    wholeAgreement: "по соглашению в целом",
    twoPeople: "подписано двумя людьми",
    singleSigned: "одна подпись: только один человек",
    secondDue: "второй человек может подписать до",
    presentWord: "присутствует",
    leftWord: "ушёл",
    lapsedWord: "не подтверждалось больше 10 мин",
    effectiveFrom: "Действует с",
    waitsSignatures: "Ждёт ещё подписей: {count}.",
    waitsTime: "Ждёт своего времени.",
    saidBy: "сообщает {party}",
    wayUse24h: "сообщений {messages}, звонков {calls} за 24 ч",
    testsNotKept: "эти правила не различают проверки",
    lastGood: "последняя удачная",
    lastSent: "последняя отправлена",
    noTestOwed: "сейчас проверка не требуется",
    nextDue: "следующая",
    missed: "пропущено: {count}",
    historyTold: "По тому, что доказывают журналы этого узла. Время UTC.",
    asKnownTo: "Как знала сторона",
    changesIn: "Изменения за последние",
    stateAt: "Состояние на",
    instantHint: "13:58Z, 10 min ago или 2017-06-20 13:58Z",
    instantWanted: "Не время: нужно UTC с буквой Z.",
    showState: "Показать",
    underWay: "Выполняется…",
    notKnown:
      "Узел не ответил: неизвестно, сделано ли это. Посмотрите состояние, прежде чем повторить.",
    refused: "Узел отказал; ничего не записано:",
    noAnswer: "Узел не ответил.",
    firstWord: "На {instant}:",
    noChange: "С тех пор без изменений.",
    came: "с этого момента: {what}",
    gone: "больше нет: {what}",
    byTime: "только по времени, без записи",
    thenAs: "{instant}, как это достоверно знала {viewer}",
    perhaps: "Могла знать больше: тогда читается",
    neverProven: "не доказано, что знала вообще",
    provenFrom: "достоверно известно с {instant}",
    notOurLine: "Мы не конец этой линии.",
    ourActs: "Наша сторона",
    present: "Я на посту",
    leave: "Я покидаю пост",
    test: "Проверить линию",
    suspend: "Приостановить",
    resume: "Возобновить",
    withdraw: "Отозвать",
    presentDo: "Записать, что я здесь",
    leaveDo: "Записать, что ухожу",
    testDo: "Отправить проверку",
    suspendDo: "Приостановить нашу сторону",
    resumeDo: "Возобновить нашу сторону",
    withdrawDo: "Отозвать нашу сторону",
    presentTold: "На посту человек, 10 минут, если не подтвердить снова. Это видит {others}.",
    leaveTold: "На этом посту больше никого. {others} видит это сразу.",
    testTold: "Узел отправит {others} четыре слова; человек там должен повторить их за минуту.",
    suspendTold:
      "Наша сторона линии {line} приостанавливается. {others} узнаёт сейчас. Второй человек должен подписать за 60 мин, иначе показано как одна подпись.",
    resumeTold: "Наша сторона линии {line} снова действует, насколько это зависит от нас.",
    withdrawTold:
      "Нужны два оператора: пока эту запись не подпишут двое зарегистрированных людей, она не действует и показана как ожидающая.",
    actsAs: "Действующий пост",
    reasonWanted: "Причина (её прочтёт другая сторона)",
    reasonMay: "Причина, если есть",
    typeName: "Наберите {line}, чтобы подтвердить намерение",
    takesEffect: "Вступает в силу",
    clauseMay:
      "по нормам: {notice} мин предупреждения и {margin} мин запаса; условие соглашения может задать другой срок, тогда момент покажет линия.",
    lifePasses: "Сообщения о спасении жизни и проверки линии по-прежнему проходят.",
    whenLegend: "Когда",
    byNotice: "после {notice} мин предупреждения и {margin} мин запаса",
    atOnce: "немедленно; так и будет отмечено",
    postLacks: "Ни один наш пост не может действовать на этой линии.",
    reasonLacks: "Нужна причина.",
    nameLacks: "Имя линии ещё не набрано.",
  },
  ar: {
    noEntry: "لا قيد: قاسته هذه العقدة بنفسها",
    entryNotHeld: "هذا القيد ليس لدى هذه العقدة",
    leaf: "بصمة القيد",
    guarded: "محمي: لم يُفتح هنا",
    sealed: "مختوم: الكلمات ليست هنا",
    keyLine: "فتح حالة الخط",
    noView: "لا تُعرض خطوط: لم تُبلغ العقدة حالتها بعد.",
    noLine: "لا خط في أي اتفاق هنا.",
    onDuty: "المناوب: {posts}",
    nobodyOnDuty: "لا مناوب",
    neverHeard: "لم يُسمع قط",
    heard: "سُمع قبل {age}",
    lineOf: "الخط {line} بموجب {agreement}",
    notInView: "هذا الخط ليس فيما يُعرض.",
    state: "الحالة",
    history: "الحالة آنذاك والتغييرات",
    noActsPast: "هذا من الماضي: لا يمكن فعل شيء حياله.",
    noActsObserver: "أنت تشاهد فقط؛ الفعل يحتاج رمز العقدة.",
    hoursUnread: "لا يمكن قراءة ساعاته",
    withinHours: "ضمنها الآن",
    outsideHours: "خارجها الآن",
    nothingMissing: "لا ينقص شيء مما تطلبه المعايير.",
    hours: "ساعات المناوبة {hours}",
    languages: "اللغات {languages}",
    never: "أبداً",
    ago: "قبل {age}",
    ahead: "بعد {age}",
    perParty: "كل طرف",
    party: "الطرف",
    agreement: "الاتفاق",
    linkSeen: "الوصلة كما يقيسها {viewer}",
    attended: "الحضور",
    use: "الاستخدام",
    pending: "لم يسرِ بعد",
    perWay: "كل اتجاه",
    way: "الاتجاه",
    link: "الوصلة",
    machineTest: "اختبار بين العقدتين",
    personTest: "اختبار بواسطة شخص",
    ourselves: "عقدته نفسها",
    lastHeard: "آخر سماع",
    lastUsed: "آخر استخدام",
    in24h: "{count} من الرسائل والمكالمات في 24 ساعة",
    since: "منذ",
    byPost: "من {post}",
    reason: "السبب",
    wholeAgreement: "للاتفاق كله",
    twoPeople: "وقّعه شخصان",
    singleSigned: "توقيع واحد: شخص واحد فقط",
    secondDue: "يمكن لشخص ثانٍ أن يوقع حتى",
    presentWord: "حاضر",
    leftWord: "غادر",
    lapsedWord: "لم يُؤكَّد منذ أكثر من 10 دقائق",
    effectiveFrom: "يسري من",
    waitsSignatures: "بانتظار {count} من التوقيعات.",
    waitsTime: "بانتظار وقته.",
    saidBy: "بحسب {party}",
    wayUse24h: "الرسائل {messages}، المكالمات {calls} في 24 ساعة",
    testsNotKept: "هذه القواعد لا تميز الاختبارات",
    lastGood: "آخر ناجح",
    lastSent: "آخر إرسال",
    noTestOwed: "لا اختبار مستحق الآن",
    nextDue: "التالي",
    missed: "فات {count}",
    historyTold: "بحسب ما تثبته سجلات هذه العقدة. الأوقات UTC.",
    asKnownTo: "كما كان يعرف",
    changesIn: "التغييرات في آخر",
    stateAt: "الحالة في",
    instantHint: "13:58Z أو 10 min ago أو 2017-06-20 13:58Z",
    instantWanted: "ليس وقتاً: المطلوب UTC مع الحرف Z.",
    showState: "عرض",
    underWay: "قيد التنفيذ…",
    notKnown: "لم تُجب العقدة: لا يُعرف هل تم ذلك. انظر إلى الحالة قبل أن تعيده.",
    refused: "رفضت العقدة؛ لم يُكتب شيء:",
    noAnswer: "لم تُجب العقدة.",
    firstWord: "في {instant}:",
    noChange: "لا تغيير منذ ذلك.",
    came: "منذ ذلك الحين: {what}",
    gone: "لم يعد قائماً: {what}",
    byTime: "بمرور الوقت وحده، بلا قيد",
    thenAs: "{instant} كما كان يعرف {viewer} يقيناً",
    perhaps: "ربما كان يعرف أكثر: عندها تُقرأ",
    neverProven: "لم يثبت أنه عُرف قط",
    provenFrom: "معروف يقيناً من {instant}",
    notOurLine: "لسنا طرفاً في هذا الخط.",
    ourActs: "جانبنا",
    present: "أنا في النقطة",
    leave: "أغادر النقطة",
    test: "اختبار الخط",
    suspend: "تعليق",
    resume: "استئناف",
    withdraw: "انسحاب",
    presentDo: "سجّل أنني هنا",
    leaveDo: "سجّل أنني أغادر",
    testDo: "أرسل الاختبار",
    suspendDo: "علّق جانبنا",
    resumeDo: "استأنف جانبنا",
    withdrawDo: "انسحب من جانبنا",
    presentTold: "يوجد شخص في هذه النقطة، لمدة 10 دقائق ما لم يُكرر ذلك. يراه {others}.",
    leaveTold: "لم يعد أحد في هذه النقطة. يراه {others} فوراً.",
    testTold: "ترسل العقدة أربع كلمات إلى {others}؛ يجب أن يعيد شخص هناك قراءتها خلال دقيقة.",
    suspendTold:
      "يُعلَّق جانبنا من الخط {line}. يُبلَّغ {others} الآن. يجب أن يوقع شخص ثانٍ خلال 60 دقيقة وإلا ظهر بتوقيع واحد.",
    resumeTold: "يعود جانبنا من الخط {line} سارياً، بقدر ما يعود إلينا.",
    withdrawTold: "يتطلب مشغّلَين اثنين: لا أثر له حتى يوقع شخصان مسجلان هذا القيد، ويظهر معلقاً.",
    actsAs: "النقطة التي تتصرف",
    reasonWanted: "السبب (يقرؤه الطرف الآخر)",
    reasonMay: "السبب إن وجد",
    typeName: "اكتب {line} لتأكيد القصد",
    takesEffect: "يسري في",
    clauseMay:
      "بحسب المعايير: إشعار {notice} دقيقة وهامش {margin} دقيقة؛ قد يحدد بند في الاتفاق غيرها، وعندها يبيّن الخط اللحظة.",
    lifePasses: "تظل رسائل سلامة الأرواح واختبارات الخط تمر.",
    whenLegend: "متى",
    byNotice: "بعد إشعار {notice} دقيقة وهامش {margin} دقيقة",
    atOnce: "فوراً؛ ويُعلَّم بأنه فوري",
    postLacks: "لا نقطة لنا تتصرف على هذا الخط.",
    reasonLacks: "السبب مطلوب.",
    nameLacks: "لم يُكتب اسم الخط بعد.",
  },
};
