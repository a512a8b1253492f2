/** A JSON text as a tree that remembers where everything stands, and JSON pointers (RFC 6901) into it. */

export interface Range {
  from: number;
  /** Exclusive. */
  to: number;
}

export interface Member extends Range {
  key: string;
  /** The end of the key, with its quotes. */
  keyTo: number;
  /** null while it is still to be written. */
  value: Tree | null;
}

export interface ObjectTree extends Range {
  kind: "object";
  members: Member[];
}

export interface ListTree extends Range {
  kind: "list";
  items: Tree[];
}

export interface ValueTree extends Range {
  kind: "value";
  value: string | number | boolean | null;
}

export type Tree = ObjectTree | ListTree | ValueTree;

/** One step down from the root: the tree there, under which key or place. */
export interface Step {
  at: string | number;
  /** null: a member whose value is still to be written. */
  tree: Tree | null;
  member: Member | null;
}

export function memberOf(tree: Tree | null | undefined, key: string): Member | undefined {
  return tree?.kind === "object" ? tree.members.find((member) => member.key === key) : undefined;
}

export function valueOf(tree: Tree | null | undefined): ValueTree["value"] | undefined {
  return tree?.kind === "value" ? tree.value : undefined;
}

/** The way from the root to the innermost place that holds `offset`. */
export function pathAt(root: Tree | null, offset: number): Step[] {
  const path: Step[] = [];
  let tree: Tree | null = root;
  while (tree && tree.kind !== "value") {
    const step: Step | undefined = below(tree, offset);
    if (!step) break;
    path.push(step);
    tree = step.tree;
  }
  return path;
}

function below(tree: ObjectTree | ListTree, offset: number): Step | undefined {
  if (tree.kind === "object") {
    const member = tree.members.find((candidate) => holds(candidate, offset));
    return member && { at: member.key, tree: member.value, member };
  }
  const place = tree.items.findIndex((item) => holds(item, offset));
  return place < 0 ? undefined : { at: place, tree: tree.items[place]!, member: null };
}

function holds({ from, to }: Range, offset: number): boolean {
  return from <= offset && offset <= to;
}

/** The steps that a pointer names, as far as they are there. */
export function follow(root: Tree | null, pointer: string): Step[] {
  const path: Step[] = [];
  let tree = root;
  for (const part of pointer.split("/").slice(1).map(unescaped)) {
    const member = memberOf(tree, part);
    const item: Tree | undefined = tree?.kind === "list" ? tree.items[Number(part)] : undefined;
    if (!member && !item) break;
    tree = member ? member.value : item!;
    path.push({ at: member ? part : Number(part), tree, member: member ?? null });
  }
  return path;
}

/** What to underline for a pointer: the member or item it names, or the innermost that is there, on one line. */
export function rangeOf(root: Tree | null, pointer: string, text: string): Range {
  const step = follow(root, pointer).at(-1);
  const whole: Range = step?.member ?? step?.tree ?? root ?? { from: 0, to: text.length };
  if (step?.member && step.member.value?.kind !== "value") return { from: whole.from, to: step.member.keyTo };
  const end = text.indexOf("\n", whole.from);
  return { from: whole.from, to: end < 0 ? whole.to : Math.min(whole.to, end) };
}

function unescaped(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}
