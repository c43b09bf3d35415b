// What was found of a pack, in plain words: reasons, who else holds it, keys to compare, the pack.

import { useEffect, useMemo, useRef } from "preact/hooks";
import type { LanguageCode } from "../terms/kinds";
import type { Flaw, Verdict } from "./badge";
import { say, sayIsolated } from "./texts";

interface PanelProps {
  readonly agreement: string;
  readonly lang: LanguageCode;
  readonly verdict: Verdict;
  readonly words: string;
  /** As of when the pack was fetched; "" where the node's time is not known. */
  readonly asOf: string;
  readonly pack: Uint8Array;
  readonly onAgain: () => void;
  readonly onClose: () => void;
}

/** Shows a verdict whole. */
export function VerdictPanel(props: PanelProps) {
  const { agreement, lang, verdict, words, asOf, pack, onAgain, onClose } = props;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const { logs, entries, cosigned, sealed } = verdict;
  return (
    <>
      <h2 tabIndex={-1} ref={heading}>
        {say(lang, "title", { agreement })}
      </h2>
      <p class="evidence-words">
        {words} {asOf}
      </p>
      <p>{say(lang, "noTruth")}</p>
      {verdict.flaw ? null : <p>{say(lang, "counts", { logs, entries, cosigned, sealed })}</p>}
      <h3>{say(lang, "why")}</h3>
      {verdict.flaw ? <FlawWords flaw={verdict.flaw} lang={lang} /> : <Reasons {...props} />}
      {verdict.flaw ? null : <Held {...props} />}
      {verdict.flaw ? null : <Keys {...props} />}
      <h3>{say(lang, "digest")}</h3>
      <p>
        <code dir="ltr">{verdict.checkedAtPackSha256}</code>
      </p>
      <p class="evidence-acts">
        <SaveLink agreement={agreement} lang={lang} pack={pack} />
        <button type="button" onClick={onAgain}>
          {say(lang, "again")}
        </button>
        <button type="button" onClick={onClose}>
          {say(lang, "close")}
        </button>
      </p>
    </>
  );
}

/** The step in the reader's language, and beside it the words that `parley verify` has for it. */
function FlawWords({ flaw, lang }: { flaw: Flaw; lang: LanguageCode }) {
  const name = say(lang, "steps").split("|")[flaw.step] ?? "";
  return (
    <ul>
      <li>{say(lang, "detail", { step: flaw.step, name })}</li>
      <li>
        <bdi lang="en" dir="ltr">
          {flaw.what}
        </bdi>
      </li>
    </ul>
  );
}

function Reasons({ verdict, lang }: PanelProps) {
  if (verdict.details.every((one) => one.code === "keysFromPack")) {
    return <p>{say(lang, "nothing")}</p>;
  }
  return (
    <ul>
      {verdict.details.map((one) => (
        <li key={JSON.stringify(one)}>{sayIsolated(one, lang)}</li>
      ))}
    </ul>
  );
}

function Held({ verdict, lang }: PanelProps) {
  const { parties } = verdict;
  return (
    <>
      <h3>{say(lang, "held")}</h3>
      {parties.length === 0 ? (
        <p>{say(lang, "nobody")}</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">{say(lang, "party")}</th>
              <th scope="col">{say(lang, "entriesCosigned")}</th>
            </tr>
          </thead>
          <tbody>
            {parties.map((one) => (
              <tr key={one.party}>
                <th scope="row">
                  <bdi>{one.party}</bdi>
                </th>
                <td>{say(lang, "ofAll", { count: one.cosigned, all: one.others })}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function Keys({ verdict, lang }: PanelProps) {
  return (
    <>
      <h3>{say(lang, "keys")}</h3>
      <p>{say(lang, verdict.keysGiven ? "keysGiven" : "keysPack")}</p>
      <ul>
        {verdict.keys.map((one) => (
          <li key={one.log}>
            <bdi dir="ltr">{one.log}</bdi> <code dir="ltr">{one.fingerprint}</code>
          </li>
        ))}
      </ul>
    </>
  );
}

interface SaveProps {
  readonly agreement: string;
  readonly lang: LanguageCode;
  readonly pack: Uint8Array;
}

/** Hands over the very bytes that were checked, not what the node would send now. */
function SaveLink({ agreement, lang, pack }: SaveProps) {
  const address = useMemo(
    () => URL.createObjectURL(new Blob([new Uint8Array(pack)], { type: "application/zip" })),
    [pack],
  );
  useEffect(() => () => URL.revokeObjectURL(address), [address]);
  return (
    <a href={address} download={`parley-${agreement.replace(/[^\w.-]+/g, "-")}.zip`}>
      {say(lang, "save")}
    </a>
  );
}
