// A sentence of the node, which speaks English: shown as it was said, never turned into another.
/** The sentence, left to right whatever stands around it. */
export function NodeWords({ text }: { text: string }) {
  return (
    <bdi lang="en" dir="ltr" class="alerts-node">
      {text}
    </bdi>
  );
}
