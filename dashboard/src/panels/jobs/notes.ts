/** What the list says about itself: how much of everything it looks at, and why it is empty. */

import { count, plural } from "../../format";
import { verdictText } from "./filters";
import { NEWEST_FIRST, type ListQuery } from "./query";

export function isFiltered(query: ListQuery): boolean {
  return query.state !== null || query.verdict !== null || query.labels.length > 0 || query.text !== "";
}

/** "12 of the 50 newest jobs loaded …": the verdict and the order are the page's own work, over what it has. */
export function coverage(query: ListQuery, shown: number, loaded: number, more: boolean): string {
  if (loaded === 0) return "";
  const matching = query.state !== null || query.labels.length > 0 || query.text !== "" ? " that match" : "";
  if (!more) return shown === loaded ? `All ${plural(loaded, "job")}${matching}.` : `${count(shown)} of all ${plural(loaded, "job")}${matching}.`;
  const newest = `the ${count(loaded)} newest${matching}`;
  const sorted = query.sort.by !== NEWEST_FIRST.by || !query.sort.descending;
  if (query.verdict !== null) return `${count(shown)} of ${newest}. The verdict is looked for among these; there are older jobs.`;
  if (sorted) return `In order among ${newest}; there are older jobs.`;
  return `The ${count(loaded)} newest${matching}; there are older ones.`;
}

/** Why a filtered list is empty. */
export function emptiness(query: ListQuery, loaded: number, more: boolean): string {
  if (query.verdict !== null && loaded > 0) {
    return `None of the ${more ? `${count(loaded)} newest` : count(loaded)} jobs loaded has the verdict “${verdictText(query.verdict)}”.`;
  }
  const narrow = query.labels.length > 0 || query.text !== "" || query.verdict !== null;
  if (query.state !== null && !narrow) return `No job is ${query.state} right now.`;
  return "No job matches these filters.";
}
