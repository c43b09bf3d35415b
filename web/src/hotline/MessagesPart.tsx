// The list of messages: what awaits us on top, then what others owe, then what is closed.
import type { MessageView } from "../api/types";
import { screen } from "../shell/state";
import { say } from "../text/language";
import { ClosedRow, MessageRow } from "./MessageRow";
import { keyText } from "./ranks";
import { list } from "./room";
import { TEXTS } from "./texts";

/** The messages of what is shown. */
export function MessagesPart() {
  const { awaitUs, open, closed, machine } = list.value;
  const leftOut = screen.value?.messages_left_out ?? 0;
  return (
    <>
      <Group title={say(TEXTS, "awaitUs")} views={awaitUs} none={say(TEXTS, "noneAwait")} />
      {open.length > 0 && <Group title={say(TEXTS, "openOnes")} views={open} none="" />}
      <section>
        <h3 class="hot-group">{say(TEXTS, "closedOnes", { count: closed.length })}</h3>
        {closed.map((view) => (
          <ClosedRow key={keyText(view.key)} view={view} />
        ))}
      </section>
      {leftOut > 0 && <p class="hot-quiet">{say(TEXTS, "leftOut", { count: leftOut })}</p>}
      {machine > 0 && <p class="hot-quiet">{say(TEXTS, "machineTests", { count: machine })}</p>}
    </>
  );
}

function Group({ title, views, none }: { title: string; views: MessageView[]; none: string }) {
  return (
    // Of its own: its heading stands as long as its rows are there, and goes with them.
    <section>
      <h3 class="hot-group">{title}</h3>
      {views.length === 0 && <p class="hot-quiet">{none}</p>}
      {views.map((view) => (
        <MessageRow key={keyText(view.key)} view={view} />
      ))}
    </section>
  );
}
