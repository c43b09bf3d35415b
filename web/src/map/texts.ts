import type { Table } from "../text/language";

type Keys =
  | "find"
  | "findLabel"
  | "found"
  | "foundNone"
  | "aircraft"
  | "zone"
  | "boundary"
  | "place"
  | "intent"
  | "onlySays"
  | "nobodyAgreed"
  | "notPart"
  | "unknownExtent"
  | "uncertain"
  | "decidesNothing"
  | "asOf"
  | "asOfPast"
  | "planStamp"
  | "noFrame"
  | "count"
  | "countNone"
  | "byStatus"
  | "statusCoasting"
  | "statusStale"
  | "statusFlagged"
  | "statusOne"
  | "outside"
  | "beyondEdge"
  | "intentsLeft"
  | "labelsLeft"
  | "notDrawn"
  | "notDrawnList"
  | "noGraphics"
  | "graphicsLost"
  | "inView"
  | "measure"
  | "measureFirst"
  | "measureSecond"
  | "measured"
  | "measureEnd"
  | "pickPosition"
  | "pickZone"
  | "pickAircraft"
  | "pickBoundary"
  | "pickKeys"
  | "follow"
  | "following"
  | "followNone"
  | "labels"
  | "labelsAll"
  | "labelsMain"
  | "labelsAlerts"
  | "zoomIn"
  | "zoomOut"
  | "fit"
  | "next"
  | "previous"
  | "trails"
  | "tools"
  | "map"
  | "legend"
  | "legendOwn"
  | "legendOther"
  | "legendThird"
  | "legendWatched"
  | "legendCoasting"
  | "legendStale"
  | "legendFlagged"
  | "legendOne"
  | "legendCoordinate"
  | "legendOwnMove"
  | "legendShort"
  | "legendVector"
  | "legendHot"
  | "legendUnknown"
  | "legendCold"
  | "legendOneSided"
  | "legendIntent"
  | "legendBand"
  | "legendBlock"
  | "legendHole"
  | "least"
  | "shortTerm"
  | "vector"
  | "noVector"
  | "behind";

/** Texts of the map. */
export const TEXTS: Table<Keys> = {
  en: {
    find: "Find on the map",
    findLabel: "Aircraft, zone, boundary, place or intent",
    found: "{n} found",
    foundNone: "Nothing of this name is on the map",
    aircraft: "aircraft",
    zone: "zone",
    boundary: "boundary",
    place: "place",
    intent: "intent",
    onlySays: "only {who} says so",
    nobodyAgreed: "agreed by nobody",
    notPart: "not part: {name}",
    unknownExtent: "not part: {name}, extent not known",
    uncertain: "course not decided within ± {width}",
    decidesNothing: "decides nothing",
    asOf: "AS OF {time}",
    asOfPast: "REPLAY: as of {time}",
    planStamp: "PLAN: zones and intents at {time}. Aircraft as of now.",
    noFrame: "No aircraft picture has come yet",
    count: "{n} aircraft known",
    inView: "{n} in view",
    countNone: "No feed of this node reports an aircraft. That says nothing of what flies.",
    byStatus: "{n} {what}",
    statusCoasting: "coasting",
    statusStale: "stale",
    statusFlagged: "flagged",
    statusOne: "with one report only",
    outside: "{n} outside this view not sent",
    beyondEdge: "{n} nearer to a pole than this map goes, not drawn",
    intentsLeft: "{n} intents not drawn",
    labelsLeft: "{n} without a label for want of room",
    notDrawn: "{name} is not drawn: {why}",
    notDrawnList: "{n} not drawn",
    noGraphics: "This browser has no WebGL 2: no map. The lists beside it are whole.",
    graphicsLost: "The graphics were lost: aircraft are NOT drawn until they come back.",
    measure: "Measure",
    measureFirst: "Measure: click the first place, or move the map and press Enter for its centre.",
    measureSecond: "Measure from {place}: now the second place.",
    measured: "{distance}, {bearing}, from {from} to {to} (WGS-84, {method})",
    measureEnd: "Esc ends it",
    pickPosition: "Choose a place: click, or Enter for the centre of the map.",
    pickZone: "Choose a zone: click inside it, or find it by name.",
    pickAircraft: "Choose an aircraft: click on it, or find it by name.",
    pickBoundary: "Choose a boundary: click on it, or find it by name.",
    pickKeys: "Esc gives up.",
    follow: "Follow the selected aircraft",
    following: "Following {aircraft}",
    followNone: "Select an aircraft first; then it can be followed.",
    labels: "Labels",
    labelsAll: "Labels: all that fit",
    labelsMain: "Labels: own, selected, in alert",
    labelsAlerts: "Labels: selected and in alert",
    zoomIn: "Closer",
    zoomOut: "Further",
    fit: "Whole area of the agreements",
    next: "Select the next aircraft in view",
    previous: "Select the aircraft before in view",
    trails: "Trails",
    tools: "Map tools",
    map: "Map; arrows move it, plus and minus zoom",
    legend: "Symbols",
    legendOwn: "square: our own",
    legendOther: "diamond: another party's",
    legendThird: "circle: a third's, or not known whose",
    legendWatched: "filled: watched",
    legendCoasting: "hollow: coasting, place predicted",
    legendStale: "hollow with ×: stale, last place",
    legendFlagged: "hollow with dot: flagged, last believed place",
    legendOne: "hollow with bar: one report only",
    legendCoordinate: "one thin ring: alert, time to coordinate",
    legendOwnMove: "double ring: own move only",
    legendShort: "thick double ring: short-term",
    legendVector: "line: where it is in {n} min, straight on",
    legendHot: "hatched: hot",
    legendUnknown: "hatched with ?: not confirmed cold, shown as hot",
    legendCold: "outline only: confirmed cold",
    legendOneSided: "broken outline: not agreed, one side says so",
    legendIntent: "area in its party's colour: intent, filled while activated and in its hours",
    legendBand: "band along a boundary: its course is not decided within",
    legendBlock: "label: level, ↑↓ trend, speed in tens of {unit}",
    legendHole: "blank inside a zone: not part of it",
    least: "{horizontal} / {vertical}",
    shortTerm: "SHORT-TERM",
    vector: "Speed vectors: {n} min",
    noVector: "Speed vectors: off",
    behind: "Behind the map: {names}, decide nothing",
  },
  ru: {
    find: "Найти на карте",
    findLabel: "Борт, зона, граница, место или план",
    found: "Найдено: {n}",
    foundNone: "На карте ничего с таким названием",
    aircraft: "борт",
    zone: "зона",
    boundary: "граница",
    place: "место",
    intent: "план",
    onlySays: "утверждает только {who}",
    nobodyAgreed: "никем не согласована",
    notPart: "не входит: {name}",
    unknownExtent: "не входит: {name}, размеры неизвестны",
    uncertain: "прохождение не определено в пределах ± {width}",
    decidesNothing: "ничего не решает",
    asOf: "НА {time}",
    asOfPast: "ПРОСМОТР: на {time}",
    planStamp: "ПЛАН: зоны и планы на {time}. Борта — на текущий момент.",
    noFrame: "Данных о бортах ещё не поступало",
    count: "Известно бортов: {n}",
    inView: "в поле зрения {n}",
    countNone: "Ни один источник узла не сообщает о бортах. О том, что летает, это не говорит.",
    byStatus: "{what}: {n}",
    statusCoasting: "экстраполируются",
    statusStale: "устарели",
    statusFlagged: "под сомнением",
    statusOne: "с одним донесением",
    outside: "вне вида не передано: {n}",
    beyondEdge: "ближе к полюсу, чем карта, не показано: {n}",
    intentsLeft: "планов не показано: {n}",
    labelsLeft: "без подписи из-за тесноты: {n}",
    notDrawn: "{name} не показано: {why}",
    notDrawnList: "Не показано: {n}",
    noGraphics: "В этом браузере нет WebGL 2: карты нет. Списки рядом полны.",
    graphicsLost: "Графика потеряна: борта НЕ показаны, пока она не восстановится.",
    measure: "Измерить",
    measureFirst:
      "Измерение: укажите первое место или сдвиньте карту и нажмите Enter для её центра.",
    measureSecond: "Измерение от {place}: теперь второе место.",
    measured: "{distance}, пеленг {bearing}, от {from} до {to} (WGS-84, {method})",
    measureEnd: "Esc — закончить",
    pickPosition: "Выберите место: щелчком или Enter для центра карты.",
    pickZone: "Выберите зону: щелчком внутри неё или поиском.",
    pickAircraft: "Выберите борт: щелчком или поиском.",
    pickBoundary: "Выберите границу: щелчком или поиском.",
    pickKeys: "Esc — отказаться.",
    follow: "Следовать за выбранным бортом",
    following: "Следование за {aircraft}",
    followNone: "Сначала выберите борт, затем можно следовать за ним.",
    labels: "Подписи",
    labelsAll: "Подписи: все, что помещаются",
    labelsMain: "Подписи: свои, выбранный, с предупреждением",
    labelsAlerts: "Подписи: выбранный и с предупреждением",
    zoomIn: "Ближе",
    zoomOut: "Дальше",
    fit: "Весь район соглашений",
    next: "Выбрать следующий борт в поле зрения",
    previous: "Выбрать предыдущий борт в поле зрения",
    trails: "Следы",
    tools: "Инструменты карты",
    map: "Карта; стрелки двигают, плюс и минус меняют масштаб",
    legend: "Знаки",
    legendOwn: "квадрат: свой",
    legendOther: "ромб: другой стороны",
    legendThird: "круг: третьей стороны или неизвестно чей",
    legendWatched: "сплошной: наблюдается",
    legendCoasting: "пустой: экстраполяция, место предсказано",
    legendStale: "пустой с ×: устарел, последнее место",
    legendFlagged: "пустой с точкой: под сомнением, последнее принятое место",
    legendOne: "пустой с чертой: одно донесение",
    legendCoordinate: "одно тонкое кольцо: предупреждение, есть время согласовать",
    legendOwnMove: "двойное кольцо: только собственный манёвр",
    legendShort: "толстое двойное кольцо: краткосрочное",
    legendVector: "черта: где будет через {n} мин по прямой",
    legendHot: "штриховка: активна",
    legendUnknown: "штриховка с ?: не подтверждено «не активна», показана как «активна»",
    legendCold: "только контур: подтверждено «не активна»",
    legendOneSided: "прерывистый контур: не согласовано, утверждает одна сторона",
    legendIntent: "область цвета стороны: план, закрашена, пока активирован и идёт его время",
    legendBand: "полоса вдоль границы: её прохождение внутри не определено",
    legendBlock: "подпись: эшелон, ↑↓ тенденция, скорость в десятках {unit}",
    legendHole: "пусто внутри зоны: в неё не входит",
    least: "{horizontal} / {vertical}",
    shortTerm: "КРАТКОСРОЧНОЕ",
    vector: "Векторы скорости: {n} мин",
    noVector: "Векторы скорости: нет",
    behind: "Под картой: {names}, ничего не решает",
  },
  ar: {
    find: "ابحث على الخريطة",
    findLabel: "طائرة أو منطقة أو حد أو مكان أو خطة طيران",
    found: "عدد النتائج: {n}",
    foundNone: "لا شيء بهذا الاسم على الخريطة",
    aircraft: "طائرة",
    zone: "منطقة",
    boundary: "حد",
    place: "مكان",
    intent: "خطة طيران",
    onlySays: "بقول {who} وحده",
    nobodyAgreed: "لم يوافق عليها أحد",
    notPart: "ليس منها: {name}",
    unknownExtent: "ليس منها: {name}، مداه غير معروف",
    uncertain: "المسار غير محسوم ضمن ± {width}",
    decidesNothing: "لا يقرر شيئا",
    asOf: "حتى {time}",
    asOfPast: "إعادة: حتى {time}",
    planStamp: "تخطيط: المناطق والخطط عند {time}. الطائرات كما هي الآن.",
    noFrame: "لم تصل صورة الطائرات بعد",
    count: "الطائرات المعروفة: {n}",
    inView: "في المجال: {n}",
    countNone: "لا يبلغ أي مصدر لهذه العقدة عن طائرة. هذا لا يقول شيئا عما يطير.",
    byStatus: "{what}: {n}",
    statusCoasting: "موقعها متوقع",
    statusStale: "قديمة",
    statusFlagged: "مشكوك فيها",
    statusOne: "ببلاغ واحد فقط",
    outside: "خارج هذا المجال ولم ترسل: {n}",
    beyondEdge: "أقرب إلى القطب من حد الخريطة ولم ترسم: {n}",
    intentsLeft: "خطط لم ترسم: {n}",
    labelsLeft: "بلا لصيقة لضيق المكان: {n}",
    notDrawn: "لم يرسم {name}: {why}",
    notDrawnList: "لم يرسم: {n}",
    noGraphics: "لا يدعم هذا المتصفح WebGL 2: لا خريطة. القوائم المجاورة كاملة.",
    graphicsLost: "فقدت الرسوميات: الطائرات غير مرسومة حتى تعود.",
    measure: "قياس",
    measureFirst: "قياس: انقر المكان الأول، أو حرك الخريطة واضغط Enter لمركزها.",
    measureSecond: "قياس من {place}: الآن المكان الثاني.",
    measured: "{distance}، الاتجاه {bearing}، من {from} إلى {to} (WGS-84، {method})",
    measureEnd: "Esc للإنهاء",
    pickPosition: "اختر مكانا: بالنقر، أو Enter لمركز الخريطة.",
    pickZone: "اختر منطقة: بالنقر داخلها أو بالبحث عنها.",
    pickAircraft: "اختر طائرة: بالنقر عليها أو بالبحث عنها.",
    pickBoundary: "اختر حدا: بالنقر عليه أو بالبحث عنه.",
    pickKeys: "Esc للتراجع.",
    follow: "تتبع الطائرة المختارة",
    following: "تتبع {aircraft}",
    followNone: "اختر طائرة أولا ثم يمكن تتبعها.",
    labels: "اللصائق",
    labelsAll: "اللصائق: كل ما يتسع",
    labelsMain: "اللصائق: طائراتنا والمختارة والتي في إنذار",
    labelsAlerts: "اللصائق: المختارة والتي في إنذار",
    zoomIn: "أقرب",
    zoomOut: "أبعد",
    fit: "كامل منطقة الاتفاقات",
    next: "اختر الطائرة التالية في المجال",
    previous: "اختر الطائرة السابقة في المجال",
    trails: "الآثار",
    tools: "أدوات الخريطة",
    map: "خريطة؛ الأسهم تحركها، وزائد وناقص للتكبير",
    legend: "الرموز",
    legendOwn: "مربع: لنا",
    legendOther: "معين: لطرف آخر",
    legendThird: "دائرة: لطرف ثالث أو مجهولة التبعية",
    legendWatched: "ممتلئ: مراقبة",
    legendCoasting: "مفرغ: موقع متوقع بلا بلاغ",
    legendStale: "مفرغ مع ×: قديم، آخر مكان",
    legendFlagged: "مفرغ مع نقطة: مشكوك فيه، آخر مكان مصدق",
    legendOne: "مفرغ مع خط: بلاغ واحد فقط",
    legendCoordinate: "حلقة رفيعة: إنذار، يتسع الوقت للتنسيق",
    legendOwnMove: "حلقة مزدوجة: مناورة ذاتية فقط",
    legendShort: "حلقة مزدوجة سميكة: قصير الأجل",
    legendVector: "خط: موقعها بعد {n} دقيقة في خط مستقيم",
    legendHot: "مظلل: نشطة",
    legendUnknown: "مظلل مع ؟: لم يؤكد «غير نشطة»، تظهر «نشطة»",
    legendCold: "إطار فقط: تأكد «غير نشطة»",
    legendOneSided: "إطار متقطع: غير متفق عليه، بقول طرف واحد",
    legendIntent: "منطقة بلون طرفها: خطة طيران، ملونة ما دامت مفعّلة وفي وقتها",
    legendBand: "شريط على طول حد: مساره غير محسوم داخله",
    legendBlock: "اللصيقة: المستوى، ↑↓ الاتجاه، السرعة بعشرات {unit}",
    legendHole: "فراغ داخل منطقة: ليس منها",
    least: "{horizontal} / {vertical}",
    shortTerm: "قصير الأجل",
    vector: "متجهات السرعة: {n} دقيقة",
    noVector: "متجهات السرعة: لا",
    behind: "خلف الخريطة: {names}، لا تقرر شيئا",
  },
};
