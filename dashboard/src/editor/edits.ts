/** Changes of a JSON text that keep its layout: what to replace, by what, and what to select then. */

import type { ListTree, Member, ObjectTree, Range, Tree } from "./tree";

export interface Edit extends Range {
  text: string;
}

const STEP = "  ";

/** Puts an item behind the item at `place`; -1 puts it first. */
export function insertItem(text: string, list: ListTree, place: number, item: string): Edit {
  const before = list.items[place];
  const after = list.items[place + 1];
  if (before) {
    const indent = leading(text, before.from);
    return at(before.to, indent === null ? `, ${item}` : `,\n${indent}${indented(item, indent)}`);
  }
  if (after) {
    const indent = leading(text, after.from);
    return at(after.from, indent === null ? `${item}, ` : `${indented(item, indent)},\n${indent}`);
  }
  const outer = indentation(text, list.from);
  const inner = outer + STEP;
  return { from: list.from, to: list.to, text: `[\n${inner}${indented(item, inner)}\n${outer}]` };
}

export function addMember(text: string, object: ObjectTree, key: string, value: string): Edit {
  const name = `${JSON.stringify(key)}: `;
  const last = object.members.at(-1);
  if (last) {
    const indent = leading(text, last.from);
    return at(last.to, indent === null ? `, ${name}${value}` : `,\n${indent}${name}${indented(value, indent)}`);
  }
  return { from: object.from, to: object.to, text: `{${name}${value}}` };
}

/** Replaces a member's value, or writes the one that is missing. */
export function setValue(member: Member, value: string): Edit {
  const { value: old } = member;
  return old ? { from: old.from, to: old.to, text: value } : { from: member.keyTo, to: member.keyTo, text: `: ${value}` };
}

/** What to select after `edit`: the last value in it that a reader may want to change, or its end. */
export function landing(edit: Edit): Range {
  const values = [...edit.text.matchAll(/: ("(?:[^"\\]|\\.)*"|-?[\d.e+-]+|true|false|null)/g)];
  const last = values.at(-1);
  if (!last) return { from: edit.from + edit.text.length, to: edit.from + edit.text.length };
  const from = edit.from + last.index + 2;
  return { from, to: from + last[1]!.length };
}

export function isList(tree: Tree | null | undefined): tree is ListTree {
  return tree?.kind === "list";
}

function at(place: number, text: string): Edit {
  return { from: place, to: place, text };
}

/** The indentation before `offset`, or null where something else stands before it on its line. */
function leading(text: string, offset: number): string | null {
  const before = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
  return /^\s*$/.test(before) && text.lastIndexOf("\n", offset - 1) >= 0 ? before : null;
}

function indentation(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1);
  return /^[ \t]*/.exec(line)![0];
}

function indented(block: string, indent: string): string {
  return block.replaceAll("\n", `\n${indent}`);
}
