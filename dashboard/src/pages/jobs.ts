/** The list of jobs, kept up to date: filtered, sorted, and a way to compare two. All of it is in the address. */

import { button, element, fill, setText } from "../dom";
import { useShortcuts } from "../keys";
import { Feed } from "../panels/jobs/feed";
import { Filters } from "../panels/jobs/filters";
import { coverage, emptiness, isFiltered } from "../panels/jobs/notes";
import { arranged } from "../panels/jobs/order";
import { Picks, compareAddress, togglePick } from "../panels/jobs/picks";
import { addressOf, PAGE_SIZE, readQuery, type ListQuery } from "../panels/jobs/query";
import { JobTable } from "../panels/jobs/table";
import { welcome } from "../panels/welcome";
import { navigate, type Page } from "../router";

export const jobsPage: Page = (root, place, signal) => {
  let query = readQuery(place.query);
  const feed = new Feed({ onChange: draw, onTrouble: complain }, signal);
  const filters = new Filters({ onFilter: change, onLeave: () => table.move(1) }, signal);
  const table = new JobTable({ onPick: pick, onLabel: addLabel, onSort: (sort) => change({ sort }) });
  const picks = new Picks(() => change({ picked: [] }));
  const trouble = element("p", { class: "notice critical", role: "alert", hidden: true });
  const covered = element("p", { class: "muted list-coverage", role: "status" });
  const note = element("div", { class: "jobs-note" });
  const more = button(`Load ${PAGE_SIZE} more`, () => void loadMore(), { hidden: true });
  const waiting = element("p", { class: "muted list-waiting" }, "Loading the jobs…");

  document.title = "Jobs · Gradient Clinic";
  fill(
    root,
    element("div", { class: "page-head" }, element("h1", {}, "Jobs"), element("a", { class: "button primary", href: "/ui/new" }, "New experiment")),
    filters.element, trouble, covered, picks.status, waiting, table.element, note, element("div", { class: "list-more" }, more), picks.element,
  );
  filters.show(query, []);
  feed.restart(query);

  useShortcuts("Jobs", [
    { keys: ["/"], says: "Filter by name or label", run: () => (filters.text.focus(), filters.text.select()) },
    { keys: ["j", "ArrowDown"], says: "Next job", run: (event) => step(event, 1) },
    { keys: ["k", "ArrowUp"], says: "Previous job", run: (event) => step(event, -1) },
    { keys: ["Enter"], says: "Open the job" },
    { keys: ["x"], says: "Choose the job for a comparison, or not", run: () => toggleCurrent() },
    { keys: ["c"], says: "Compare the two chosen jobs", run: compare },
    { keys: ["n"], says: "New experiment", run: () => navigate("/ui/new") },
    { keys: ["m"], says: "Load more jobs", run: () => (more.hidden ? false : void loadMore()) },
  ], signal);

  function draw(): void {
    const { jobs } = feed;
    const shown = arranged(jobs.values(), query);
    waiting.hidden = true;
    filters.show(query, jobs.values());
    table.show(shown, query.sort, query.picked);
    picks.show(query.picked, jobs);
    more.hidden = !feed.more;
    setText(covered, coverage(query, shown.length, jobs.size, feed.more));
    if (shown.length > 0 || !feed.loaded) fill(note);
    else if (isFiltered(query)) showEmpty(jobs.size);
    else if (!note.querySelector(".welcome")) fill(note, welcome(signal));
    // Nothing can be filtered in a clinic without jobs.
    filters.element.hidden = feed.loaded && jobs.size === 0 && !isFiltered(query);
  }

  function showEmpty(loaded: number): void {
    const sentence = emptiness(query, loaded, feed.more);
    if (note.querySelector("p")?.textContent === sentence) return;
    const clear = (): void => change({ state: null, verdict: null, labels: [], text: "", show: PAGE_SIZE });
    fill(note, element("div", { class: "panel list-empty" }, element("p", {}, sentence), button("Clear the filters", clear)));
  }

  /** Typing, sorting and choosing rewrite the address; a filter is a step that the Back button undoes. */
  function change(part: Partial<ListQuery>, typing = false): void {
    const before = query;
    query = { ...query, ...part };
    const filtered = (["state", "verdict", "labels", "text"] as const).some((name) => query[name] !== before[name]);
    if (filtered && !typing) history.pushState(null, "", addressOf(query));
    else history.replaceState(null, "", addressOf(query));
    if (query.state !== before.state || query.text !== before.text || query.labels !== before.labels) feed.restart(query);
    if (feed.loaded) draw();
    else filters.show(query, feed.jobs.values());
  }

  function pick(id: string): void {
    change({ picked: togglePick(query.picked, id) });
    draw();
  }

  function addLabel(label: string): void {
    if (!query.labels.includes(label)) change({ labels: [...query.labels, label] });
  }

  async function loadMore(): Promise<void> {
    more.disabled = true;
    await feed.loadMore();
    more.disabled = false;
    change({ show: query.show + PAGE_SIZE });
  }

  /** Arrows scroll the page until a row has the keyboard. */
  function step(event: KeyboardEvent, by: number): boolean {
    if (event.key.startsWith("Arrow") && table.current() === null) return false;
    table.move(by);
    return true;
  }

  function toggleCurrent(): boolean {
    const row = table.current();
    if (row) pick(row.id);
    return row !== null;
  }

  function compare(): boolean {
    const address = compareAddress(query.picked);
    if (address) navigate(address);
    return address !== null;
  }

  function complain(message: string | null): void {
    trouble.hidden = message === null;
    setText(trouble, message ?? "");
    if (message !== null) waiting.hidden = true;
  }
};
