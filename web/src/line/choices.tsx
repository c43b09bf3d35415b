// Fields that several dialogs have: which post acts, on which line, and a line to type into.
import { Field } from "../look/kit";
import { screen } from "../shell/state";
import { ownLines } from "./posts";

/** Which post acts. */
export function PostField({
  label,
  posts,
  post,
  onChoose,
}: {
  label: string;
  posts: readonly string[];
  post: string;
  onChoose: (post: string) => void;
}) {
  return (
    <Field label={label}>
      {(carried) => (
        <select {...carried} value={post} onChange={(event) => onChoose(event.currentTarget.value)}>
          {posts.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** Which of our lines. */
export function LineField({
  label,
  agreement,
  line,
  onChoose,
}: {
  label: string;
  agreement: string;
  line: string;
  onChoose: (agreement: string, line: string, parties: readonly string[]) => void;
}) {
  const lines = ownLines(screen.value);
  const name = (of: string, which: string) => `${of}|${which}`;
  return (
    <Field label={label}>
      {(carried) => (
        <select
          {...carried}
          value={name(agreement, line)}
          onChange={(event) => {
            const next = lines.find(
              (each) => name(each.agreement, each.line.line) === event.currentTarget.value,
            );
            if (next) onChoose(next.agreement, next.line.line, next.line.parties);
          }}
        >
          {lines.map((each) => (
            <option
              key={name(each.agreement, each.line.line)}
              value={name(each.agreement, each.line.line)}
            >
              {each.line.line} ({each.agreement})
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** One line to type into. */
export function TextField({
  label,
  hint = "",
  value,
  length = 400,
  direction = "auto",
  onType,
}: {
  label: string;
  hint?: string;
  value: string;
  length?: number;
  direction?: "auto" | "ltr";
  onType: (value: string) => void;
}) {
  return (
    <Field label={label} hint={hint}>
      {(carried) => (
        <input
          {...carried}
          dir={direction}
          autocomplete="off"
          maxLength={length}
          value={value}
          onInput={(event) => onType(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

/** Words of a person, in whatever script, of more than one line. */
export function FreeText({
  label,
  value,
  onType,
}: {
  label: string;
  value: string;
  onType: (value: string) => void;
}) {
  return (
    <Field label={label}>
      {(carried) => (
        <textarea
          {...carried}
          class="free-text"
          dir="auto"
          rows={2}
          maxLength={4000}
          value={value}
          onInput={(event) => onType(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
