/** The edits that help and findings offer, made in the text. */

import { addMember, insertItem, isList, landing, setValue, type Edit } from "../../editor/edits";
import type { Editor } from "../../editor/editor";
import { format } from "../../editor/format";
import type { JsonSchema } from "../../editor/schema";
import { follow, type Tree } from "../../editor/tree";
import type { CatalogEntry, Knowledge } from "./catalog";
import type { Insertable, Place } from "./place";
import { firstValue, snippet } from "./snippets";

const LISTS: Record<Insertable, string> = { layers: "/network/layers", remedies: "/remedies" };

export class Changes {
  constructor(private readonly editor: Editor) {}

  /** Behind the item the caret is in, else at the end of the list. */
  insert(kind: Insertable, entry: CatalogEntry, root: Tree | null, place: Place | null, { schemas }: Knowledge): void {
    this.put(kind, format(snippet(kind, entry, schemas)), root, place);
  }

  choose({ member }: Place, value: unknown): void {
    if (member) this.make(setValue(member, JSON.stringify(value)));
  }

  add({ object }: Place, field: string, schema: JsonSchema, { schemas }: Knowledge): void {
    this.make(addMember(this.editor.text, object, field, format(firstValue(field, schema, schemas))));
  }

  private put(kind: Insertable, item: string, root: Tree | null, place: Place | null): void {
    const { text } = this.editor;
    if (place?.list?.kind === kind) return this.make(insertItem(text, place.list.tree, place.list.item, item));
    const list = follow(root, LISTS[kind]).at(-1)?.tree;
    if (isList(list)) return this.make(insertItem(text, list, list.items.length - 1, item));
    const parent = kind === "remedies" ? root : follow(root, "/network").at(-1)?.tree;
    if (parent?.kind === "object") this.make(addMember(text, parent, kind, `[\n  ${item.replaceAll("\n", "\n  ")}\n]`));
  }

  private make(edit: Edit): void {
    this.editor.apply(edit, landing(edit));
  }
}
