/** What stands at the caret, seen through the schema: the object around it, the member in it, and what can be chosen. */

import type { JsonSchema, Schemas } from "../../editor/schema";
import { memberOf, pathAt, valueOf, type ListTree, type Member, type ObjectTree, type Tree } from "../../editor/tree";
import type { Catalog, CatalogEntry, Section } from "./catalog";

export interface Place {
  pointer: string;
  /** The innermost object around the caret, and its form where that is decided. */
  object: ObjectTree;
  /** As the object is declared: perhaps one of many forms. */
  declared: JsonSchema;
  form: JsonSchema | null;
  /** Where the catalogue has it. */
  section: Section | null;
  entry: CatalogEntry | null;
  member: Member | null;
  /** The list of layers or remedies around the caret, and the item it is in; -1 before the first. */
  list: { kind: Insertable; tree: ListTree; item: number } | null;
  /** Whether the caret is right in that list, in no item. */
  between: boolean;
}

export type Insertable = "layers" | "remedies";

const SECTIONS: Record<string, Section> = {
  layers: "layers", remedies: "remedies", optimizer: "optimizers", init: "init_schemes", bias: "init_schemes",
  source: "sources", lr_schedule: "schedules",
};

export function placeAt(root: Tree | null, offset: number, schemas: Schemas, catalog: Catalog): Place | null {
  if (root?.kind !== "object") return null;
  let place = look("", root, schemas.called("Experiment"), null);
  let schema: JsonSchema | null = place.declared;
  let tree: Tree = root;
  let pointer = "";
  let key: string | null = null;
  for (const { at, tree: next, member } of pathAt(root, offset)) {
    schema = schemas.below(schema, tree, at);
    pointer += `/${String(at).replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (member) [place.member, key] = [member, member.key];
    place.between = false;
    if (!schema || !next) break;
    tree = next;
    if (tree.kind === "object") place = { ...look(pointer, tree, schema, key), list: place.list };
    if (tree.kind === "list" && (key === "layers" || key === "remedies")) {
      place.list = { kind: key, tree, item: tree.items.findLastIndex((other) => other.from <= offset) };
      place.between = true;
    }
  }
  return place;

  function look(at: string, object: ObjectTree, declared: JsonSchema, under: string | null): Place {
    const section = (under && SECTIONS[under]) || null;
    const form = schemas.chosen(declared, object);
    const name = ["kind", "name", "scheme"].map((tag) => valueOf(memberOf(object, tag)?.value)).find((value) => typeof value === "string");
    const entry = (section && catalog[section].find((candidate) => candidate.name === name)) || null;
    return { pointer: at, object, declared, form, section, entry, member: null, list: null, between: false };
  }
}

/** Where the catalogue explains the values of this key. */
export function sectionOfValues({ section }: Place, key: string): Section | null {
  if (key === "function" || key === "nonlinearity") return "activations";
  if (key === "loss") return "losses";
  if (key === "scheme") return "init_schemes";
  if (key === "name") return section === "remedies" ? "optimizers" : section === "layers" ? null : section;
  return key === "kind" ? section : null;
}
