/** What is different between two experiments, as rows of path, A, B. */

export interface Difference {
  /** `training.optimizer.lr`, `network.layers[3].out_features`, `remedies.activation` */
  path: string;
  /** null where it has no such setting. */
  a: string | null;
  b: string | null;
}

type Fields = Record<string, unknown>;

/** Names, which say nothing about what is trained. */
const ASIDE = new Set(["name", "labels"]);
/** Fields that say what an object is: where one differs, the whole object is another. */
const TOLD_BY = ["kind", "name", "scheme"];

export function differences(a: Fields, b: Fields): Difference[] {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => !ASIDE.has(key));
  return keys.flatMap((key) => compare(key, a[key], b[key]));
}

function compare(path: string, a: unknown, b: unknown): Difference[] {
  if (same(a, b)) return [];
  if (isObject(a) && isObject(b) && TOLD_BY.every((field) => same(a[field], b[field]))) {
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) => compare(`${path}.${key}`, a[key], b[key]));
  }
  if (isList(a) || isList(b)) {
    const [left, right] = [isList(a) ? a : [], isList(b) ? b : []];
    return path === "remedies" ? byKind(path, left, right) : inOrder(path, left, right);
  }
  return [{ path, a: text(a), b: text(b) }];
}

/** At most one remedy of a kind. */
function byKind(path: string, a: readonly Fields[], b: readonly Fields[]): Difference[] {
  const kinds = [...new Set([...a, ...b].map(({ kind }) => String(kind)))];
  const of = (list: readonly Fields[], kind: string): Fields | undefined => list.find((one) => one["kind"] === kind);
  const rows = kinds.flatMap((kind) => {
    const [left, right] = [of(a, kind), of(b, kind)];
    return same(left, right) ? [] : [{ path: `${path}.${kind}`, a: settings(left), b: settings(right) }];
  });
  // The same remedies in another order are another experiment.
  const order = (list: readonly Fields[]): string => list.map(({ kind }) => String(kind)).join(", ");
  return rows.length > 0 ? rows : [{ path: `${path} (order)`, a: order(a), b: order(b) }];
}

/** Objects of one kind are compared with each other, so that what was put between them does not shift all that follows. */
function inOrder(path: string, a: readonly Fields[], b: readonly Fields[]): Difference[] {
  const rows: Difference[] = [];
  let [left, right] = [0, 0];
  for (const [i, j] of [...commonOrder(a, b), [a.length, b.length] as const]) {
    while (left < i && right < j) rows.push(...compare(`${path}${placeOf(left, right)}`, a[left++], b[right++]));
    while (left < i) rows.push({ path: `${path}[${left}]`, a: text(a[left++]), b: null });
    while (right < j) rows.push({ path: `${path}[${right}]`, a: null, b: text(b[right++]) });
    if (i < a.length) rows.push(...compare(`${path}${placeOf(left, right)}`, a[left++], b[right++]));
  }
  return rows;
}

/** Of the same object in both lists. */
function placeOf(left: number, right: number): string {
  return left === right ? `[${left}]` : `[${left}→${right}]`;
}

/** Places of the longest common sequence of kinds; of several, the one with the most equal objects. */
function commonOrder(a: readonly Fields[], b: readonly Fields[]): (readonly [number, number])[] {
  const worth = (i: number, j: number): number => (a[i]!["kind"] !== b[j]!["kind"] ? 0 : same(a[i], b[j]) ? 1.001 : 1);
  const best = Array.from({ length: a.length + 1 }, () => new Float64Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      best[i]![j] = Math.max(best[i + 1]![j]!, best[i]![j + 1]!, worth(i, j) > 0 ? worth(i, j) + best[i + 1]![j + 1]! : 0);
    }
  }
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (worth(i, j) > 0 && best[i]![j] === worth(i, j) + best[i + 1]![j + 1]!) pairs.push([i++, j++]);
    else if (best[i]![j] === best[i + 1]![j]) i++;
    else j++;
  }
  return pairs;
}

/** A value in a few words: an object by its name, with the settings that are switched on. */
function text(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (isList(value)) return value.length === 0 ? "none" : value.map(text).join(", ");
  if (isObject(value)) {
    const name = TOLD_BY.map((field) => value[field]).find((told) => typeof told === "string");
    const on = settingsOf(value);
    return [name, on && `(${on})`].filter(Boolean).join(" ");
  }
  return Array.isArray(value) ? JSON.stringify(value) : String(value);
}

function settings(remedy: Fields | undefined): string | null {
  return remedy === undefined ? null : settingsOf(remedy) || "yes";
}

/** What is switched on; a word speaks for itself, a number needs its name. */
function settingsOf(value: Fields): string {
  const told = TOLD_BY.find((field) => typeof value[field] === "string");
  const on = Object.entries(value).filter(([field, one]) => field !== told && one !== null && one !== false && one !== 0);
  return on.map(([field, one]) => (typeof one === "string" ? one : one === true ? field : `${field} ${text(one)}`)).join(", ");
}

function same(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

/** Without what is null, which is as good as absent, and with the keys in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value ?? null, (_, part: unknown) => {
    if (!isObject(part)) return part;
    return Object.fromEntries(Object.entries(part).filter(([, one]) => one !== null).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isList(value: unknown): value is Fields[] {
  return Array.isArray(value) && value.every(isObject);
}
