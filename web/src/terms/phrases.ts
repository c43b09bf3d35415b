// Made by builders/make_docs.py from phrases.toml; not written by hand.
import type { PhrasesTable } from "./kinds";

export const PHRASES: PhrasesTable = {
  "language": {
    "en": {
      "name": "English",
      "own_name": "English",
      "direction": "ltr",
      "reviewed": false
    },
    "ru": {
      "name": "Russian",
      "own_name": "русский",
      "direction": "ltr",
      "reviewed": false
    },
    "ar": {
      "name": "Arabic",
      "own_name": "العربية",
      "direction": "rtl",
      "reviewed": false
    }
  },
  "around": {
    "missing": {
      "en": "(not said)",
      "ru": "(не указано)",
      "ar": "(لم يُذكر)"
    },
    "original": {
      "en": "original",
      "ru": "подлинник",
      "ar": "الأصل"
    },
    "translation": {
      "en": "translation",
      "ru": "перевод",
      "ar": "ترجمة"
    },
    "by_person": {
      "en": "by a person",
      "ru": "выполнен человеком",
      "ar": "أنجزها شخص"
    },
    "by_machine": {
      "en": "by a machine",
      "ru": "машинный",
      "ar": "آلية"
    },
    "no_phrase": {
      "en": "no fixed phrase for this type",
      "ru": "для этого типа нет готовой фразы",
      "ar": "لا توجد عبارة ثابتة لهذا النوع"
    },
    "no_language": {
      "en": "no phrases in {language}; shown in English",
      "ru": "нет фраз на языке {language}; показано по-английски",
      "ar": "لا توجد عبارات باللغة {language}؛ تظهر بالإنجليزية"
    }
  },
  "type": {
    "distress.relay": {
      "en": "Person or aircraft in distress. Position {position}, time {time}.",
      "ru": "Бедствие: люди или воздушное судно. Место {position}, время {time}.",
      "ar": "حالة استغاثة: شخص أو طائرة. الموقع {position}، الوقت {time}."
    },
    "incursion.report": {
      "en": "Aircraft seen inside an area without clearance: {flight}.",
      "ru": "Замечен вход воздушного судна в район без разрешения: {flight}.",
      "ar": "شوهدت طائرة داخل منطقة بدون تصريح: {flight}."
    },
    "airspace.hazard.now": {
      "en": "Hazard in the air now. Track {track}, position {position}, level {level}.",
      "ru": "Опасность в воздухе сейчас. Трек {track}, место {position}, эшелон или высота {level}.",
      "ar": "خطر في الجو الآن. المسار {track}، الموقع {position}، المستوى {level}."
    },
    "conflict.alert": {
      "en": "Loss of separation is predicted. Level {level}, time {time}. Act on it.",
      "ru": "Прогнозируется нарушение эшелонирования. Эшелон или высота {level}, время {time}. Примите меры.",
      "ar": "فقدان متوقع للفصل بين الطائرات. المستوى {level}، الوقت {time}. اتخذوا الإجراء."
    },
    "resolution.propose": {
      "en": "We propose this manoeuvre: {manoeuvre}.",
      "ru": "Предлагаем манёвр: {manoeuvre}.",
      "ar": "نقترح هذه المناورة: {manoeuvre}."
    },
    "resolution.counter": {
      "en": "We propose another manoeuvre instead: {manoeuvre}.",
      "ru": "Предлагаем вместо этого другой манёвр: {manoeuvre}.",
      "ar": "نقترح بدلاً من ذلك مناورة أخرى: {manoeuvre}."
    },
    "cease.request": {
      "en": "Please cease the activity at {place} until {until}.",
      "ru": "Просим прекратить деятельность. Место {place}, до {until}.",
      "ar": "نرجو إيقاف النشاط. المكان {place}، حتى {until}."
    },
    "stop.operations": {
      "en": "Stop operations in zone {zone}.",
      "ru": "Прекратите работы в зоне {zone}.",
      "ar": "أوقفوا العمليات في المنطقة {zone}."
    },
    "resume.operations": {
      "en": "Resume operations in zone {zone}.",
      "ru": "Возобновите работы в зоне {zone}.",
      "ar": "استأنفوا العمليات في المنطقة {zone}."
    },
    "medevac.request": {
      "en": "Medical evacuation is requested. Pick-up point {pick_up}.",
      "ru": "Запрашивается медицинская эвакуация. Место эвакуации {pick_up}.",
      "ar": "مطلوب إخلاء طبي. نقطة الالتقاط {pick_up}."
    },
    "priority.intent": {
      "en": "Priority flight {flight}, corridor {corridor}. Please make way.",
      "ru": "Приоритетный рейс {flight}, коридор {corridor}. Просим уступить.",
      "ar": "رحلة ذات أولوية {flight}، الممر {corridor}. نرجو إفساح الطريق."
    },
    "priority.end": {
      "en": "The priority of flight {flight} has ended.",
      "ru": "Приоритет рейса {flight} закончен.",
      "ar": "انتهت أولوية الرحلة {flight}."
    },
    "priority.yielded": {
      "en": "We have made way. Flight {flight}.",
      "ru": "Мы уступили. Рейс {flight}.",
      "ar": "أفسحنا الطريق. الرحلة {flight}."
    },
    "identify.request": {
      "en": "Whose is track {track}, seen at {time}?",
      "ru": "Чей трек {track}, время {time}?",
      "ar": "لمن المسار {track}، المرصود في الوقت {time}؟"
    },
    "clearance": {
      "en": "Flight {flight} is cleared. Zone {zone}.",
      "ru": "Рейсу {flight} разрешено. Зона {zone}.",
      "ar": "مصرّح للرحلة {flight}. المنطقة {zone}."
    },
    "landed.report": {
      "en": "Flight {flight} has landed.",
      "ru": "Рейс {flight} произвёл посадку.",
      "ar": "هبطت الرحلة {flight}."
    },
    "line.crossing.notice": {
      "en": "Notice of crossing boundary {boundary} at {time}.",
      "ru": "Уведомление: пересечение рубежа {boundary}, время {time}.",
      "ar": "إشعار بعبور الحد {boundary} في الوقت {time}."
    },
    "reposition.notice": {
      "en": "Notice of aircraft moving over boundary {boundary} at {time}.",
      "ru": "Уведомление: перемещение воздушных судов через рубеж {boundary}, время {time}.",
      "ar": "إشعار بنقل طائرات عبر الحد {boundary} في الوقت {time}."
    },
    "intent.notice": {
      "en": "Notice of intended flight {flight}, window {window}.",
      "ru": "Уведомление о намеченном полёте {flight}, период {window}.",
      "ar": "إشعار برحلة مزمعة {flight}، الفترة {window}."
    },
    "intent.change": {
      "en": "Change of intended flight {flight}, window {window}.",
      "ru": "Изменение намеченного полёта {flight}, период {window}.",
      "ar": "تغيير في الرحلة المزمعة {flight}، الفترة {window}."
    },
    "intent.cancel": {
      "en": "Intended flight {flight} is cancelled.",
      "ru": "Намеченный полёт {flight} отменён.",
      "ar": "أُلغيت الرحلة المزمعة {flight}."
    },
    "intent.request": {
      "en": "May flight {flight} be flown as intended?",
      "ru": "Разрешаете ли намеченный полёт {flight}?",
      "ar": "هل يُسمح بالرحلة {flight} كما هو مزمع؟"
    },
    "intent.conflict.query": {
      "en": "Does intent {intent} conflict with any of yours?",
      "ru": "Есть ли конфликт между намерением {intent} и вашими?",
      "ar": "هل يتعارض القصد {intent} مع أي من مقاصدكم؟"
    },
    "psi.session.request": {
      "en": "Request to compare intents without disclosing them. Session {session}, budget {budget}.",
      "ru": "Запрос на сверку намерений без их раскрытия. Сеанс {session}, лимит {budget}.",
      "ar": "طلب مقارنة المقاصد دون كشفها. الجلسة {session}، الحصة {budget}."
    },
    "psi.session.result": {
      "en": "Result of the comparison, session {session}.",
      "ru": "Результат сверки, сеанс {session}.",
      "ar": "نتيجة المقارنة، الجلسة {session}."
    },
    "area.notice": {
      "en": "Notice of an area. Centre {centre}, window {window}.",
      "ru": "Уведомление о районе. Центр {centre}, период {window}.",
      "ar": "إشعار بمساحة. المركز {centre}، الفترة {window}."
    },
    "zone.request": {
      "en": "Please issue zone {zone}, window {window}.",
      "ru": "Просим ввести зону {zone}, период {window}.",
      "ar": "نرجو إصدار المنطقة {zone}، الفترة {window}."
    },
    "zone.issued": {
      "en": "Zone {zone} is issued, window {window}.",
      "ru": "Зона {zone} введена, период {window}.",
      "ar": "صدرت المنطقة {zone}، الفترة {window}."
    },
    "zone.notice": {
      "en": "Notice of zone {zone}, window {window}.",
      "ru": "Уведомление о зоне {zone}, период {window}.",
      "ar": "إشعار بالمنطقة {zone}، الفترة {window}."
    },
    "zone.release.request": {
      "en": "Please release zone {zone} to us, window {window}.",
      "ru": "Просим освободить для нас зону {zone}, период {window}.",
      "ar": "نرجو إخلاء المنطقة {zone} لنا، الفترة {window}."
    },
    "zone.state": {
      "en": "Zone {zone} is now: {activity}.",
      "ru": "Состояние зоны {zone}: {activity}.",
      "ar": "حالة المنطقة {zone} الآن: {activity}."
    },
    "zone.activate": {
      "en": "Activate zone {zone}, window {window}.",
      "ru": "Введите зону {zone} в действие, период {window}.",
      "ar": "فعّلوا المنطقة {zone}، الفترة {window}."
    },
    "zone.modify": {
      "en": "Change zone {zone}, window {window}.",
      "ru": "Измените зону {zone}, период {window}.",
      "ar": "عدّلوا المنطقة {zone}، الفترة {window}."
    },
    "zone.deactivate": {
      "en": "Deactivate zone {zone} at {time}.",
      "ru": "Прекратите действие зоны {zone}, время {time}.",
      "ar": "ألغوا تفعيل المنطقة {zone} في الوقت {time}."
    },
    "emission.notice": {
      "en": "Notice of emissions that may disturb navigation or radio. Area {area}, window {window}.",
      "ru": "Уведомление об излучениях, мешающих навигации или связи. Район {area}, период {window}.",
      "ar": "إشعار بانبعاثات قد تشوش على الملاحة أو اللاسلكي. المساحة {area}، الفترة {window}."
    },
    "exercise.notice": {
      "en": "Notice of an exercise. Area {area}, window {window}.",
      "ru": "Уведомление об учениях. Район {area}, период {window}.",
      "ar": "إشعار بتمرين. المساحة {area}، الفترة {window}."
    },
    "accident.notice": {
      "en": "Accident: {what}. Position {position}, time {time}.",
      "ru": "Происшествие: {what}. Место {position}, время {time}.",
      "ar": "حادث: {what}. الموقع {position}، الوقت {time}."
    },
    "sar.notice": {
      "en": "Search and rescue. Area {area}, window {window}. Please keep clear.",
      "ru": "Поиск и спасание. Район {area}, период {window}. Просим освободить район.",
      "ar": "بحث وإنقاذ. المساحة {area}، الفترة {window}. نرجو الابتعاد عنها."
    },
    "sar.intent": {
      "en": "We go to search and rescue. Position {position}, time {time}.",
      "ru": "Выходим на поиск и спасание. Место {position}, время {time}.",
      "ar": "نتوجه للبحث والإنقاذ. الموقع {position}، الوقت {time}."
    },
    "fire.notice": {
      "en": "Fire fighting from the air. Area {area}, window {window}. Please keep clear.",
      "ru": "Тушение пожара с воздуха. Район {area}, период {window}. Просим освободить район.",
      "ar": "إطفاء حريق من الجو. المساحة {area}، الفترة {window}. نرجو الابتعاد عنها."
    },
    "humanitarian.notice": {
      "en": "Notice of a humanitarian site or movement. Place {place}, window {window}.",
      "ru": "Уведомление о гуманитарном объекте или перемещении. Место {place}, период {window}.",
      "ar": "إشعار بموقع أو تحرك إنساني. المكان {place}، الفترة {window}."
    },
    "humanitarian.update": {
      "en": "Change of a humanitarian notice. Place {place}, window {window}.",
      "ru": "Изменение гуманитарного уведомления. Место {place}, период {window}.",
      "ar": "تحديث إشعار إنساني. المكان {place}، الفترة {window}."
    },
    "humanitarian.withdraw": {
      "en": "A humanitarian notice is withdrawn.",
      "ru": "Гуманитарное уведомление отозвано.",
      "ar": "سُحب إشعار إنساني."
    },
    "correction": {
      "en": "Correction of an earlier message.",
      "ru": "Поправка к прежнему сообщению.",
      "ar": "تصحيح لرسالة سابقة."
    },
    "cancel": {
      "en": "An earlier message is cancelled.",
      "ru": "Прежнее сообщение отменяется.",
      "ar": "أُلغيت رسالة سابقة."
    },
    "clarify.request": {
      "en": "Please clarify the message referred to.",
      "ru": "Просим пояснить указанное сообщение.",
      "ar": "نرجو توضيح الرسالة المشار إليها."
    },
    "line.test": {
      "en": "Line test. Please answer with these words: {nonce}.",
      "ru": "Проверка линии. Просим ответить словами: {nonce}.",
      "ar": "اختبار الخط. نرجو الرد بهذه الكلمات: {nonce}."
    },
    "line.test.machine": {
      "en": "Line test between machines: {nonce}.",
      "ru": "Проверка линии между машинами: {nonce}.",
      "ar": "اختبار الخط بين الأجهزة: {nonce}."
    },
    "line.state": {
      "en": "State of the line: {value}, in effect from {effective}.",
      "ru": "Состояние линии: {value}, действует с {effective}.",
      "ar": "حالة الخط: {value}، سارية من {effective}."
    },
    "demand": {
      "en": "We demand a report about {about}. Due {due}.",
      "ru": "Требуем доклада. О чём: {about}. Срок {due}.",
      "ar": "نطالب بتقرير. الموضوع: {about}. الموعد {due}."
    },
    "report.share": {
      "en": "We share a report.",
      "ru": "Передаём доклад.",
      "ar": "نرسل تقريراً."
    },
    "free.text": {
      "en": "Free text follows.",
      "ru": "Далее произвольный текст.",
      "ar": "يلي نص حر."
    },
    "authority.change": {
      "en": "Post {post} is taken over from {from}.",
      "ru": "Смена на посту {post}, с {from}.",
      "ar": "تغيّر المسؤول في الموقع الوظيفي {post}، من {from}."
    },
    "key.rotate": {
      "en": "Our key is changed. Fingerprint {fingerprint}.",
      "ru": "Наш ключ сменён. Отпечаток {fingerprint}.",
      "ar": "تغيّر مفتاحنا. البصمة {fingerprint}."
    },
    "key.revoke": {
      "en": "Our key is revoked. Fingerprint {fingerprint}.",
      "ru": "Наш ключ отозван. Отпечаток {fingerprint}.",
      "ar": "أُبطل مفتاحنا. البصمة {fingerprint}."
    },
    "agreement.propose": {
      "en": "We propose an agreement. Document {document}.",
      "ru": "Предлагаем соглашение. Документ {document}.",
      "ar": "نقترح اتفاقاً. الوثيقة {document}."
    },
    "agreement.sign": {
      "en": "Please sign the agreement. Document {document}.",
      "ru": "Просим подписать соглашение. Документ {document}.",
      "ar": "نرجو توقيع الاتفاق. الوثيقة {document}."
    },
    "agreement.amend": {
      "en": "We propose to amend the agreement. Document {document}.",
      "ru": "Предлагаем изменить соглашение. Документ {document}.",
      "ar": "نقترح تعديل الاتفاق. الوثيقة {document}."
    },
    "agreement.suspend": {
      "en": "We suspend the agreement from {effective}.",
      "ru": "Приостанавливаем соглашение с {effective}.",
      "ar": "نعلّق الاتفاق من {effective}."
    },
    "agreement.resume": {
      "en": "We resume the agreement from {effective}.",
      "ru": "Возобновляем соглашение с {effective}.",
      "ar": "نستأنف الاتفاق من {effective}."
    },
    "incident.open": {
      "en": "Incident {incident} is opened, window {window}.",
      "ru": "Открыто разбирательство {incident}, период {window}.",
      "ar": "فُتحت الواقعة {incident}، الفترة {window}."
    },
    "preserve.request": {
      "en": "Please preserve all records of incident {incident}, window {window}.",
      "ru": "Просим сохранить все записи. Разбирательство {incident}, период {window}.",
      "ar": "نرجو حفظ كل سجلات الواقعة {incident}، الفترة {window}."
    },
    "measures.report": {
      "en": "Measures taken after incident {incident}.",
      "ru": "Меры, принятые по разбирательству {incident}.",
      "ar": "الإجراءات المتخذة بعد الواقعة {incident}."
    },
    "relay.request": {
      "en": "Please pass this message on to {third}.",
      "ru": "Просим передать это сообщение для {third}.",
      "ar": "نرجو نقل هذه الرسالة إلى {third}."
    },
    "objection": {
      "en": "We object: {what}.",
      "ru": "Возражаем: {what}.",
      "ar": "نعترض: {what}."
    },
    "objection.withdraw": {
      "en": "We withdraw our objection.",
      "ru": "Снимаем возражение.",
      "ar": "نسحب اعتراضنا."
    },
    "disown": {
      "en": "We do not speak for {whose}. Scope: {scope}.",
      "ru": "Мы не отвечаем за {whose}. Объём: {scope}.",
      "ar": "لا نتحدث باسم {whose}. النطاق: {scope}."
    },
    "advisory": {
      "en": "Our own advisory; it binds nobody else.",
      "ru": "Наше собственное извещение; других оно не обязывает.",
      "ar": "إرشاد من جانبنا وحدنا؛ لا يلزم غيرنا."
    }
  },
  "answer": {
    "ROGER": {
      "en": "Roger",
      "ru": "Понял",
      "ar": "عُلم"
    },
    "WILCO": {
      "en": "Wilco",
      "ru": "Понял, выполняю",
      "ar": "عُلم وسأنفذ"
    },
    "UNABLE": {
      "en": "Unable",
      "ru": "Не могу",
      "ar": "غير قادر"
    },
    "AFFIRM": {
      "en": "Affirm",
      "ru": "Подтверждаю",
      "ar": "نعم، أؤكد"
    },
    "NEGATIVE": {
      "en": "Negative",
      "ru": "Нет, отрицательно",
      "ar": "لا، سلبي"
    },
    "STANDBY": {
      "en": "Stand by",
      "ru": "Ждите",
      "ar": "انتظر"
    },
    "REPLY": {
      "en": "Reply",
      "ru": "Ответ",
      "ar": "رد"
    }
  },
  "class": {
    "DISTRESS": {
      "en": "Distress",
      "ru": "Бедствие",
      "ar": "استغاثة"
    },
    "URGENT": {
      "en": "Urgent",
      "ru": "Срочность",
      "ar": "عاجل"
    },
    "SAFETY": {
      "en": "Flight safety",
      "ru": "Безопасность полётов",
      "ar": "سلامة الطيران"
    },
    "ROUTINE": {
      "en": "Routine",
      "ru": "Обычное",
      "ar": "عادي"
    },
    "ADMIN": {
      "en": "Administrative",
      "ru": "Служебное",
      "ar": "إداري"
    }
  },
  "glance": {
    "OPEN": {
      "en": "open",
      "ru": "открыта",
      "ar": "مفتوح"
    },
    "DEGRADED": {
      "en": "degraded",
      "ru": "с ограничениями",
      "ar": "متدنٍّ"
    },
    "SUSPENDED": {
      "en": "suspended",
      "ru": "приостановлена",
      "ar": "معلّق"
    },
    "DOWN": {
      "en": "down",
      "ru": "не работает",
      "ar": "متوقف"
    }
  },
  "agreement": {
    "in force": {
      "en": "in force",
      "ru": "действует",
      "ar": "ساري"
    },
    "suspended": {
      "en": "suspended",
      "ru": "приостановлено",
      "ar": "معلّق"
    },
    "withdrawn": {
      "en": "withdrawn",
      "ru": "отозвано",
      "ar": "منسحَب منه"
    },
    "not in force": {
      "en": "not in force",
      "ru": "не действует",
      "ar": "غير ساري"
    }
  },
  "link": {
    "up": {
      "en": "up",
      "ru": "есть связь",
      "ar": "متصل"
    },
    "down": {
      "en": "down",
      "ru": "нет связи",
      "ar": "منقطع"
    },
    "unknown": {
      "en": "unknown",
      "ru": "неизвестно",
      "ar": "غير معروف"
    }
  },
  "attended": {
    "attended": {
      "en": "attended",
      "ru": "пост занят",
      "ar": "يوجد مناوب"
    },
    "unattended": {
      "en": "unattended",
      "ru": "пост не занят",
      "ar": "لا يوجد مناوب"
    },
    "unknown": {
      "en": "unknown",
      "ru": "неизвестно",
      "ar": "غير معروف"
    }
  },
  "test": {
    "verified": {
      "en": "verified",
      "ru": "проверена",
      "ar": "مُختبَر"
    },
    "unverified": {
      "en": "unverified",
      "ru": "не проверена",
      "ar": "غير مُختبَر"
    },
    "never": {
      "en": "never tested",
      "ru": "не проверялась никогда",
      "ar": "لم يُختبر قط"
    }
  },
  "call": {
    "talked": {
      "en": "talked",
      "ru": "разговор состоялся",
      "ar": "تم الحديث"
    },
    "no answer": {
      "en": "no answer",
      "ru": "не ответили",
      "ar": "لا رد"
    },
    "refused": {
      "en": "refused",
      "ru": "отказано",
      "ar": "رُفضت"
    },
    "technical failure": {
      "en": "technical failure",
      "ru": "технический отказ",
      "ar": "عطل فني"
    }
  },
  "relay": {
    "passed": {
      "en": "passed on",
      "ru": "передано",
      "ar": "نُقلت"
    },
    "declined": {
      "en": "declined",
      "ru": "отклонено",
      "ar": "لم يُقبل نقلها"
    },
    "unknown": {
      "en": "unknown",
      "ru": "неизвестно",
      "ar": "غير معروف"
    }
  },
  "receipt": {
    "sent": {
      "en": "sent",
      "ru": "отправлено",
      "ar": "أُرسلت"
    },
    "stored": {
      "en": "stored",
      "ru": "записано у адресата",
      "ar": "خُزّنت لدى المرسل إليه"
    },
    "receipt": {
      "en": "receipt given",
      "ru": "выдана квитанция",
      "ar": "أُعطي إيصال"
    },
    "cosigned": {
      "en": "cosigned",
      "ru": "заверено адресатом",
      "ar": "وقّع المرسل إليه عليها"
    },
    "displayed": {
      "en": "displayed",
      "ru": "показано на посту",
      "ar": "عُرضت على المناوب"
    },
    "answered": {
      "en": "answered",
      "ru": "дан ответ",
      "ar": "أُجيب عنها"
    },
    "read_back": {
      "en": "read back",
      "ru": "повторено",
      "ar": "أُعيدت قراءتها"
    }
  },
  "value": {
    "hot": {
      "en": "hot",
      "ru": "активна",
      "ar": "نشطة"
    },
    "cold": {
      "en": "cold",
      "ru": "не активна",
      "ar": "غير نشطة"
    },
    "unknown": {
      "en": "unknown",
      "ru": "неизвестно",
      "ar": "غير معروف"
    },
    "draft": {
      "en": "draft",
      "ru": "проект",
      "ar": "مسودة"
    },
    "requested": {
      "en": "requested",
      "ru": "запрошена",
      "ar": "مطلوبة"
    },
    "issued": {
      "en": "issued",
      "ru": "введена",
      "ar": "صادرة"
    },
    "in force": {
      "en": "in force",
      "ru": "действует",
      "ar": "ساري"
    },
    "ended": {
      "en": "ended",
      "ru": "закончена",
      "ar": "منتهية"
    },
    "suspended": {
      "en": "suspended",
      "ru": "приостановлено",
      "ar": "معلّق"
    },
    "active": {
      "en": "active",
      "ru": "действует",
      "ar": "ساري"
    },
    "withdrawn": {
      "en": "withdrawn",
      "ru": "отозвано",
      "ar": "منسحَب منه"
    },
    "ours": {
      "en": "ours",
      "ru": "наш",
      "ar": "لنا"
    },
    "not ours": {
      "en": "not ours",
      "ru": "не наш",
      "ar": "ليس لنا"
    },
    "decline": {
      "en": "decline to say",
      "ru": "не сообщаем",
      "ar": "نمتنع عن الإجابة"
    },
    "left": {
      "en": "left",
      "ru": "слева",
      "ar": "يسار"
    },
    "right": {
      "en": "right",
      "ru": "справа",
      "ar": "يمين"
    }
  },
  "subject": {
    "air": {
      "en": "in the air",
      "ru": "в воздухе",
      "ar": "في الجو"
    },
    "ground": {
      "en": "on the ground",
      "ru": "на земле",
      "ar": "على الأرض"
    },
    "sea": {
      "en": "at sea",
      "ru": "на море",
      "ar": "في البحر"
    },
    "person": {
      "en": "a person in distress",
      "ru": "человек в беде",
      "ar": "شخص في محنة"
    },
    "humanitarian": {
      "en": "humanitarian",
      "ru": "гуманитарное",
      "ar": "إنساني"
    },
    "line": {
      "en": "the line of communication",
      "ru": "линия связи",
      "ar": "خط الاتصال"
    },
    "zone": {
      "en": "zones and areas",
      "ru": "зоны и районы",
      "ar": "المناطق والمساحات"
    },
    "evidence": {
      "en": "evidence and reports",
      "ru": "доказательства и доклады",
      "ar": "الأدلة والتقارير"
    },
    "agreement": {
      "en": "the agreement",
      "ru": "соглашение",
      "ar": "الاتفاق"
    },
    "relay": {
      "en": "for somebody who is no party",
      "ru": "для того, кто не сторона",
      "ar": "لمن ليس طرفاً"
    },
    "other": {
      "en": "other",
      "ru": "прочее",
      "ar": "غير ذلك"
    }
  },
  "field": {
    "about": {
      "en": "about",
      "ru": "о чём",
      "ar": "عن"
    },
    "activity": {
      "en": "activity",
      "ru": "состояние",
      "ar": "النشاط"
    },
    "area": {
      "en": "area",
      "ru": "район",
      "ar": "المساحة"
    },
    "boundary": {
      "en": "boundary",
      "ru": "рубеж",
      "ar": "الحد"
    },
    "budget": {
      "en": "budget",
      "ru": "лимит",
      "ar": "الحصة"
    },
    "centre": {
      "en": "centre",
      "ru": "центр",
      "ar": "المركز"
    },
    "corridor": {
      "en": "corridor",
      "ru": "коридор",
      "ar": "الممر"
    },
    "dimension": {
      "en": "dimension",
      "ru": "что именно",
      "ar": "البُعد"
    },
    "direction": {
      "en": "direction",
      "ru": "направление",
      "ar": "الاتجاه"
    },
    "document": {
      "en": "document",
      "ru": "документ",
      "ar": "الوثيقة"
    },
    "due": {
      "en": "due",
      "ru": "срок",
      "ar": "الموعد"
    },
    "effective": {
      "en": "in effect from",
      "ru": "действует с",
      "ar": "سارٍ من"
    },
    "fingerprint": {
      "en": "fingerprint",
      "ru": "отпечаток",
      "ar": "البصمة"
    },
    "flight": {
      "en": "flight",
      "ru": "рейс",
      "ar": "الرحلة"
    },
    "from": {
      "en": "from",
      "ru": "с",
      "ar": "من"
    },
    "from_time": {
      "en": "from",
      "ru": "с",
      "ar": "من"
    },
    "height": {
      "en": "height",
      "ru": "высота",
      "ar": "الارتفاع"
    },
    "incident": {
      "en": "incident",
      "ru": "разбирательство",
      "ar": "الواقعة"
    },
    "intent": {
      "en": "intent",
      "ru": "намерение",
      "ar": "القصد"
    },
    "level": {
      "en": "level",
      "ru": "эшелон или высота",
      "ar": "المستوى"
    },
    "limits.max_ft": {
      "en": "at most, feet",
      "ru": "не выше, футы",
      "ar": "كحد أقصى، أقدام"
    },
    "limits.min_ft": {
      "en": "at least, feet",
      "ru": "не ниже, футы",
      "ar": "كحد أدنى، أقدام"
    },
    "limits.side": {
      "en": "side",
      "ru": "сторона",
      "ar": "الجانب"
    },
    "manoeuvre": {
      "en": "manoeuvre",
      "ru": "манёвр",
      "ar": "المناورة"
    },
    "measures": {
      "en": "measures",
      "ru": "меры",
      "ar": "الإجراءات"
    },
    "named_place": {
      "en": "named place",
      "ru": "название места",
      "ar": "اسم المكان"
    },
    "nonce": {
      "en": "test words",
      "ru": "слова проверки",
      "ar": "كلمات الاختبار"
    },
    "operator": {
      "en": "operator",
      "ru": "оператор",
      "ar": "المشغّل"
    },
    "part": {
      "en": "part",
      "ru": "часть",
      "ar": "الجزء"
    },
    "pick_up": {
      "en": "pick-up point",
      "ru": "место эвакуации",
      "ar": "نقطة الالتقاط"
    },
    "place": {
      "en": "place",
      "ru": "место",
      "ar": "المكان"
    },
    "place.bearing_deg": {
      "en": "bearing, degrees",
      "ru": "пеленг, градусы",
      "ar": "الاتجاه الزاوي، درجات"
    },
    "place.from": {
      "en": "counted from",
      "ru": "отсчёт от",
      "ar": "محسوب من"
    },
    "place.range_nm": {
      "en": "range, nautical miles",
      "ru": "удаление, морские мили",
      "ar": "المدى، أميال بحرية"
    },
    "position": {
      "en": "position",
      "ru": "место (координаты)",
      "ar": "الموقع"
    },
    "post": {
      "en": "post",
      "ru": "пост",
      "ar": "الموقع الوظيفي"
    },
    "promulgation": {
      "en": "promulgation",
      "ru": "объявление",
      "ar": "الإصدار"
    },
    "reason": {
      "en": "reason",
      "ru": "причина",
      "ar": "السبب"
    },
    "reason_code": {
      "en": "reason",
      "ru": "причина",
      "ar": "السبب"
    },
    "reference": {
      "en": "reference",
      "ru": "номер",
      "ar": "المرجع"
    },
    "scope": {
      "en": "scope",
      "ru": "объём",
      "ar": "النطاق"
    },
    "session": {
      "en": "session",
      "ru": "сеанс",
      "ar": "الجلسة"
    },
    "subject": {
      "en": "subject",
      "ru": "предмет",
      "ar": "الموضوع"
    },
    "third": {
      "en": "for",
      "ru": "для кого",
      "ar": "إلى"
    },
    "time": {
      "en": "time",
      "ru": "время",
      "ar": "الوقت"
    },
    "time_seen": {
      "en": "seen at",
      "ru": "замечен в",
      "ar": "شوهد في"
    },
    "track": {
      "en": "track",
      "ru": "трек",
      "ar": "المسار"
    },
    "until": {
      "en": "until",
      "ru": "до",
      "ar": "حتى"
    },
    "value": {
      "en": "state",
      "ru": "состояние",
      "ar": "الحالة"
    },
    "volume": {
      "en": "volume",
      "ru": "объём пространства",
      "ar": "الحيز"
    },
    "wants": {
      "en": "wanted",
      "ru": "что требуется",
      "ar": "المطلوب"
    },
    "what": {
      "en": "what",
      "ru": "что",
      "ar": "ما هو"
    },
    "whose": {
      "en": "whose",
      "ru": "чей",
      "ar": "لمن"
    },
    "window": {
      "en": "window",
      "ru": "период",
      "ar": "الفترة"
    },
    "zone": {
      "en": "zone",
      "ru": "зона",
      "ar": "المنطقة"
    }
  }
};
