/** A new experiment: choose a start, edit its JSON, see at once what would be trained, run it. */

import { ApiError } from "../api";
import { element, fill } from "../dom";
import { Desk } from "../panels/submit/desk";
import { originOf, savedDraft } from "../panels/submit/origin";
import { startChooser } from "../panels/submit/start";
import type { Page } from "../router";

export const submitPage: Page = (root, place, signal) => {
  document.title = "New experiment · Gradient Clinic";
  const origin = originOf(place.query);
  const asked = place.query.get("example");
  if (!origin) {
    fill(root, crumbs(null), element("div", { class: "page-head" }, element("h1", {}, "New experiment")),
      asked !== null && element("p", { class: "notice start-missing" }, `There is no example called ${asked}. These are there:`),
      startChooser(signal));
    return;
  }
  fill(root, crumbs(origin.words), element("p", { class: "muted", role: "status" }, "Reading the experiment…"));
  void open();

  async function open(): Promise<void> {
    try {
      const original = await origin!.text(signal);
      if (signal.aborted) return;
      const draft = savedDraft(origin!.query)?.text ?? original;
      const desk = new Desk(origin!, original, signal);
      fill(root, crumbs(origin!.words), element("div", { class: "page-head desk-head" }, element("h1", {}, "New experiment"), desk.bar), desk.element);
      desk.open(draft);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      fill(root, crumbs(null), element("div", { class: "page-head" }, element("h1", {}, "New experiment")),
        element("p", { class: "notice critical start-missing", role: "alert" }, error.message), startChooser(signal));
    }
  }
};

function crumbs(words: string | null): HTMLElement {
  return element("nav", { class: "crumbs start-crumbs", "aria-label": "Breadcrumb" }, element("a", { href: "/ui/" }, "Jobs"),
    words === null ? element("span", {}, "New experiment") : element("span", {}, element("a", { href: "/ui/new" }, "New experiment")),
    words !== null && element("span", {}, `from ${words}`));
}
