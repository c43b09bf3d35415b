// The words of a message: the fixed phrase in the reader's language, then what was written, then
// translations beside it, each with its language; never one in place of another.
import type { MessageView, Translation } from "../api/types";
import { Ltr } from "../look/kit";
import { PHRASES } from "../terms/phrases";
import { language, say } from "../text/language";
import { clean, phrase, pieces, word } from "./phrase";
import { TEXTS } from "./texts";

/** A phrase, with each value that was set apart in an element of its own. */
export function Phrase({ text }: { text: string }) {
  return (
    <>
      {pieces(text).map((part, place) =>
        part.apart ? (
          <bdi key={place} dir="auto" class="hot-whole">
            {part.text}
          </bdi>
        ) : (
          part.text
        ),
      )}
    </>
  );
}

/** What somebody wrote, in its own direction. */
export function Written({ text, tongue }: { text: string; tongue: string }) {
  const known = /^[A-Za-z]{2,8}(-[A-Za-z0-9]+)*$/.test(tongue) ? tongue : undefined;
  return (
    <bdi dir="auto" {...(known ? { lang: known } : {})}>
      {text}
    </bdi>
  );
}

/** All words of a message. */
export function Words({ view }: { view: MessageView }) {
  const tongue = language.value;
  if (view.reading !== "plain" && view.reading !== "opened") {
    return <p class="hot-masked">{say(TEXTS, `reading ${view.reading}`)}</p>;
  }
  const labelled = view.translations.length > 0 || view.language !== "";
  return (
    <div class="hot-words">
      <p class="hot-phrase">
        <Phrase text={phrase(view.message_type, view.fields, tongue)} />
      </p>
      {view.text !== "" && (
        <p class="hot-said">
          {labelled && <span class="hot-quiet">{tagged("original", view.language)}: </span>}
          <Written text={view.text} tongue={view.language} />
        </p>
      )}
      {view.translations.map((each) => (
        <Translated key={each.key.join("#")} translation={each} />
      ))}
    </div>
  );
}

function tagged(what: "original" | "translation", tongue: string): string {
  const text = word("around", what, language.value);
  return tongue === "" ? text : `${text} [${clean(tongue)}]`;
}

function Translated({ translation }: { translation: Translation }) {
  const how = PHRASES.around[translation.how === "machine" ? "by_machine" : "by_person"];
  return (
    <p class="hot-said hot-translation">
      <span class="hot-quiet">
        {tagged("translation", translation.language)}, {how?.[language.value]},{" "}
        <Ltr>
          {translation.party} {translation.post}
        </Ltr>
        :{" "}
      </span>
      <Written text={translation.text} tongue={translation.language} />
    </p>
  );
}
