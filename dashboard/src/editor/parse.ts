/** Strict JSON with sentences for its mistakes. What stands before a mistake is read all the same. */

import { wordInstead } from "./slips";
import type { ListTree, Member, ObjectTree, Range, Tree } from "./tree";

export interface Mistake extends Range {
  /** A sentence that says what to do. */
  message: string;
}

export interface Parsed {
  root: Tree | null;
  mistake: Mistake | null;
}

const DEEPEST = 128;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[^\s,:{}[\]"]+/y;
const WORDS = new Map<string, boolean | null>([["true", true], ["false", false], ["null", null]]);

export function parse(text: string): Parsed {
  const reader = new Reader(text);
  try {
    reader.document();
    return { root: reader.root, mistake: null };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return { root: reader.root, mistake: error.mistake };
  }
}

class Stop {
  constructor(readonly mistake: Mistake) {}
}

class Reader {
  root: Tree | null = null;
  private at = 0;
  private readonly open: (ObjectTree | ListTree)[] = [];

  constructor(private readonly text: string) {}

  document(): void {
    this.space();
    if (this.at >= this.text.length) this.stop("Write an experiment here, or start from an example.");
    this.value((tree) => (this.root = tree));
    this.space();
    if (this.at < this.text.length) this.stop("The experiment has ended before this: one object is all there may be.", 1);
  }

  /** Hands the tree on as soon as it is begun, so that it is there even if a mistake follows. */
  private value(put: (tree: Tree) => void): void {
    const from = this.at;
    const next = this.text[from];
    if (next === "{") return this.object(put);
    if (next === "[") return this.list(put);
    if (next === '"') return put({ kind: "value", value: this.string(), from, to: this.at });
    put({ kind: "value", value: this.plain(), from, to: this.at });
  }

  private object(put: (tree: Tree) => void): void {
    const tree: ObjectTree = { kind: "object", members: [], from: this.at, to: this.text.length };
    this.enter(tree, put);
    while (this.more(tree, "}", tree.members.length)) this.member(tree);
    this.leave(tree);
  }

  private list(put: (tree: Tree) => void): void {
    const tree: ListTree = { kind: "list", items: [], from: this.at, to: this.text.length };
    this.enter(tree, put);
    while (this.more(tree, "]", tree.items.length)) this.value((item) => tree.items.push(item));
    this.leave(tree);
  }

  private member(tree: ObjectTree): void {
    const from = this.at;
    if (this.text[from] !== '"') this.stop('A key stands here, in double quotes, like "kind".', this.wordLength());
    const key = this.string();
    const member: Member = { key, from, keyTo: this.at, to: this.text.length, value: null };
    const twice = tree.members.some((other) => other.key === key);
    tree.members.push(member);
    if (twice) throw new Stop({ from, to: this.at, message: `The key "${key}" stands in this object twice; give it once.` });
    this.space();
    if (this.text[this.at] !== ":") this.stop(`A colon and a value are missing after "${key}".`, 1);
    this.at += 1;
    this.space();
    this.value((value) => (member.value = value));
    member.to = this.at;
  }

  /** Whether another entry follows in `tree`, read up to it. */
  private more(tree: ObjectTree | ListTree, close: string, entries: number): boolean {
    this.space();
    if (this.at >= this.text.length) {
      const line = lineOf(this.text, tree.from);
      this.stop(`The text ends too early: the "${this.text[tree.from]}" of line ${line} has no "${close}".`);
    }
    if (this.text[this.at] === close) return false;
    if (entries === 0) return true;
    if (this.text[this.at] !== ",") this.stop("A comma is missing before this.", this.wordLength());
    const comma = this.at;
    this.at += 1;
    this.space();
    if (this.text[this.at] !== close) return true;
    throw new Stop({ from: comma, to: comma + 1, message: `No comma may stand before "${close}"; take it out.` });
  }

  private enter(tree: ObjectTree | ListTree, put: (tree: Tree) => void): void {
    put(tree);
    this.open.push(tree);
    if (this.open.length > DEEPEST) this.stop(`This is nested more than ${DEEPEST} deep.`, 1);
    this.at += 1;
  }

  private leave(tree: ObjectTree | ListTree): void {
    this.open.pop();
    this.at += 1;
    tree.to = this.at;
  }

  private string(): string {
    const from = this.at;
    const end = /(?:[^"\\\n]|\\.)*/y;
    end.lastIndex = from + 1;
    end.test(this.text);
    if (this.text[end.lastIndex] !== '"') this.stop("This text has no closing double quote.", Math.max(1, end.lastIndex - from));
    this.at = end.lastIndex + 1;
    try {
      return JSON.parse(this.text.slice(from, this.at)) as string;
    } catch {
      throw new Stop({ from, to: this.at, message: 'In this text a backslash or a control character is wrong; write "\\\\" or "\\n".' });
    }
  }

  private plain(): number | boolean | null {
    const length = this.wordLength();
    const word = this.text.slice(this.at, this.at + length);
    NUMBER.lastIndex = this.at;
    const known = WORDS.get(word);
    const value = known !== undefined ? known : NUMBER.test(this.text) && NUMBER.lastIndex === this.at + length ? Number(word) : undefined;
    if (value === undefined) this.stop(wordInstead(word || (this.text[this.at] ?? "")), Math.max(1, length));
    if (value === Infinity || value === -Infinity) this.stop("This number is too large.", length);
    this.at += length;
    return value;
  }

  private space(): void {
    while (" \t\r\n".includes(this.text[this.at] ?? "x")) this.at += 1;
  }

  private wordLength(): number {
    WORD.lastIndex = this.at;
    return WORD.test(this.text) ? WORD.lastIndex - this.at : 1;
  }

  private stop(message: string, length = 0): never {
    throw new Stop({ from: this.at, to: Math.min(this.text.length, this.at + length), message });
  }
}

export function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let place = text.indexOf("\n"); place >= 0 && place < offset; place = text.indexOf("\n", place + 1)) line += 1;
  return line;
}

/** "Line 3, column 7", as people count. */
export function placeText(text: string, offset: number): string {
  return `Line ${lineOf(text, offset)}, column ${offset - text.lastIndexOf("\n", offset - 1)}`;
}
