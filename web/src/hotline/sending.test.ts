import { beforeEach, expect, it, vi } from "vitest";
import type { ScreenView } from "../api/types";
import { asked, changeDraft, discard, draft, emptyDraft, keep } from "./draft";
import { sendDraft } from "./sending";

const { sent, landOn } = vi.hoisted(() => ({ sent: vi.fn(), landOn: vi.fn() }));
vi.mock("../line/acting", () => ({ doOnce: sent }));
vi.mock("../line/EntryLink", () => ({ entryAt: vi.fn() }));
vi.mock("../live/link", () => ({ refreshSoon: vi.fn() }));
vi.mock("./landing", () => ({ landOn }));

const FAULT = {
  fault: "",
  what: "message area.notice",
  value: "without centre, window",
  wanted: "",
  repair: "",
};
const VIEW = { party: "COAL", agreements: [] } as unknown as ScreenView;
const confirmed = () => sent.mock.calls.map(([body]) => (body as { confirmed: boolean }).confirmed);

beforeEach(() => {
  discard();
  sent.mockReset().mockResolvedValue({ at: "refused", fault: FAULT, status: 409 });
  keep({ ...emptyDraft(VIEW), type: "area.notice", to: ["RUS"] });
});

it("sends as meant only what the guard has asked about", async () => {
  await sendDraft(false);
  expect(asked.value?.fault.value).toBe("without centre, window");
  changeDraft({ fields: { centre: "34.0,38.0" } });
  expect(asked.value).toBeNull();
  // Whatever presses it: what was not asked about is asked about first.
  await sendDraft(true);
  expect(confirmed()).toEqual([false, false]);
  sent.mockResolvedValue({ at: "done", done: { key: ["x/A/COAL/line/2026", 3] } });
  await sendDraft(true);
  expect(confirmed()).toEqual([false, false, true]);
  expect(draft.value).toBeNull();
  expect(landOn).toHaveBeenCalledWith(["x/A/COAL/line/2026", 3], "area.notice", "RUS");
});
