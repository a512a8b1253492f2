/** Remedies and what they change, in words. */

import { number, words } from "../format";
import { layerRanges } from "../ranges";
import type { Change, LayerRow, Remedy } from "../shapes";

/** A side of a change on which there is nothing. */
export const NOTHING = "–";

/** What says which one of its kind an object is, best first. */
const NAMES = ["function", "scheme", "name", "kind"];

/** "activation (relu)", "learning rate (× 0.1)", "optimizer (adam, lr 0.001)" */
export function remedyName(remedy: Remedy): string {
  const kind = words(remedy.kind).toLowerCase();
  const text = settingsOf(remedy);
  return text ? `${kind} (${text})` : kind;
}

/** A word or two for the name of a job: "relu", "lr × 0.1", "batch norm". */
export function remedyTag(remedy: Remedy): string {
  const choice = remedy["function"] ?? remedy["scheme"] ?? remedy["name"];
  if (typeof choice === "string") return choice;
  if (remedy.kind === "learning_rate") return `lr ${rate(remedy)}`;
  return words(remedy.kind).toLowerCase();
}

function settingsOf(remedy: Remedy): string {
  if (remedy.kind === "learning_rate") return rate(remedy);
  const choice = remedy["function"] ?? remedy["scheme"] ?? remedy["name"];
  const parts = typeof choice === "string" ? [choice] : [];
  for (const [name, value] of Object.entries(remedy)) {
    // Of an optimizer's many numbers, the rate tells it from another.
    if (typeof value === "number" && (remedy.kind !== "optimizer" || name === "lr")) parts.push(`${name.replaceAll("_", " ")} ${number(value)}`);
  }
  if (remedy["scope"] === "all") parts.push("everywhere");
  return parts.join(", ");
}

function rate(remedy: Remedy): string {
  return typeof remedy["lr"] === "number" ? number(remedy["lr"]) : `× ${number(Number(remedy["factor"] ?? 1))}`;
}

/** Changes that read the same, together: twenty activations that become ReLU are one row. */
export interface DiffRow {
  where: string;
  before: string;
  after: string;
  /** How many changes it stands for. */
  amount: number;
}

export function diffRows(changes: readonly Change[], network: readonly LayerRow[]): DiffRow[] {
  const groups = new Map<string, Change[]>();
  for (const change of changes) {
    const key = JSON.stringify([change.remedy, change.op, isSetting(change) ? change.path : "", ...sides(change)]);
    groups.set(key, [...(groups.get(key) ?? []), change]);
  }
  return [...groups.values()].map((group) => {
    const [before, after] = sides(group[0]!);
    return { where: where(group, network), before, after, amount: group.length };
  });
}

function isSetting({ path }: Change): boolean {
  return /^(network|data|training|trace|on_finding)\b/.test(path);
}

function sides({ before, after }: Change): [string, string] {
  return [valueText(before, after), valueText(after, before)];
}

function where(group: readonly Change[], network: readonly LayerRow[]): string {
  const first = group[0]!;
  if (isSetting(first)) return first.path;
  if (first.op !== "add") return layerRanges(group.map(({ path }) => path), network);
  const inside = group.flatMap(({ after }) => insideOf(after)?.[0] ?? []);
  if (inside.length > 0) return `around the ${inside.length > 1 ? "blocks" : "block"} that begin${inside.length > 1 ? "" : "s"} with ${layerRanges(inside, network)}`;
  const behind = group.map((change) => change.behind);
  return behind.includes(null) && behind.length === 1 ? "at the start" : `behind ${layerRanges(behind.filter((name) => name !== null), network)}`;
}

/** The layers that an added residual wraps. */
function insideOf(value: unknown): string[] | null {
  const layers = isObject(value) ? value["layers"] : null;
  return Array.isArray(layers) ? layers.map(String) : null;
}

/** A setting or layer in a few words: what it is, and where it differs from the `other` side. */
function valueText(value: unknown, other: unknown): string {
  if (value === null || value === undefined) return NOTHING;
  if (typeof value === "number") return number(value);
  if (Array.isArray(value)) return value.map((item) => valueText(item, null)).join(", ");
  if (!isObject(value)) return String(value);
  const name = NAMES.find((field) => typeof value[field] === "string");
  const against = isObject(other) ? other : null;
  const details = Object.entries(value)
    .filter(([field, setting]) => field !== name && !NAMES.includes(field) && !isPlain(setting) && against !== null
      && JSON.stringify(against[field]) !== JSON.stringify(setting))
    .map(([field, setting]) => `${field.replaceAll("_", " ")} ${valueText(setting, null)}`);
  const head = name === undefined ? "" : String(value[name]).replaceAll("_", " ");
  return [head, details.join(", ")].filter(Boolean).join(": ") || "the defaults";
}

/** Settings that are off say nothing, nor do the small constants and pairs that an optimizer comes with. */
function isPlain(setting: unknown): boolean {
  return setting === null || setting === false || Array.isArray(setting) || (typeof setting === "number" && Math.abs(setting) < 1e-6);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
