/** Help that follows the caret: what the object around it is, what fields it takes, and what can be chosen right here. */

import { button, element, fill } from "../../dom";
import { typeText } from "../../editor/types";
import { valueOf, type Tree } from "../../editor/tree";
import type { JsonSchema } from "../../editor/schema";
import { words } from "../../format";
import type { CatalogEntry, Knowledge, Section } from "./catalog";
import { sectionOfValues, type Insertable, type Place } from "./place";

export interface HelpEvents {
  /** Another value for the member at the caret. */
  onChoose(place: Place, value: unknown): void;
  /** A field that is not set yet. */
  onAdd(place: Place, field: string, schema: JsonSchema): void;
  onInsert(kind: Insertable, entry: CatalogEntry): void;
}

const SECTION_NAMES: Record<Section, string> = {
  layers: "Layer", activations: "Activation", init_schemes: "Initialization", sources: "Data source", losses: "Loss",
  optimizers: "Optimizer", schedules: "Learning rate schedule", remedies: "Remedy",
};
const TAGS = ["kind", "name", "scheme"];

export class Help {
  private readonly body = element("div", { class: "help-body" });
  readonly element = element("section", { class: "panel help", id: "help-panel", "aria-label": "Help", tabindex: -1 }, this.body);
  private shown = "";
  private waiting = "Help is on its way…";

  constructor(private readonly events: HelpEvents) {}

  /** There will be none. */
  silent(): void {
    this.waiting = "The service does not tell what an experiment can name. Reload the page to ask again.";
  }

  /** `knowledge`: null while it is not here yet. */
  show(place: Place | null, knowledge: Knowledge | null): void {
    if (!place || !knowledge) return this.note(knowledge ? "Put the caret into the experiment, and what stands there is explained here." : this.waiting);
    if (place.between && place.list) return this.offer(place.list.kind, knowledge);
    const key = place.member?.key ?? null;
    const now = JSON.stringify([place.pointer, place.entry?.name, key, valueOf(place.member?.value), place.object.members.map((member) => member.key)]);
    if (now === this.shown) return;
    this.shown = now;
    fill(this.body, ...this.head(place), ...this.choices(place, knowledge), this.fields(place, knowledge));
    this.reveal();
  }

  /** Every kind of layer or remedy, to insert. */
  offer(kind: Insertable, { catalog }: Knowledge): void {
    const now = `offer ${kind}`;
    if (now === this.shown) return;
    this.shown = now;
    fill(
      this.body,
      element("p", { class: "help-section" }, kind === "layers" ? "Layers" : "Remedies"),
      element("p", {}, kind === "layers"
        ? "Layers run from the first to the last. What goes in where the caret is:"
        : "A remedy edits the experiment before it is trained. They are applied in order, at most one of a kind."),
      element("ul", { class: "choices", "aria-label": `${words(kind)} to insert` }, ...catalog[kind].map((entry) => choice(entry.name, entry, () => this.events.onInsert(kind, entry), `Insert ${entry.name}`))),
    );
  }

  /** Choices come first; where there are none, the field at the caret shall be in sight. The page itself stays. */
  private reveal(): void {
    const here = this.body.querySelector<HTMLElement>("[data-here]");
    const box = this.element;
    const below = !here || this.body.querySelector(".choices") ? 0 : here.offsetTop - box.offsetTop + here.offsetHeight - box.clientHeight + 8;
    box.scrollTop = Math.max(0, below);
  }

  private note(text: string): void {
    if (text === this.shown) return;
    this.shown = text;
    fill(this.body, element("p", { class: "muted" }, text));
  }

  private head({ section, entry, form, pointer }: Place): (HTMLElement | null)[] {
    const doc = entry?.doc ?? firstLine(form?.description);
    const more = entry ? rest(form?.description, entry) : "";
    return [
      element("p", { class: "help-section" }, section ? SECTION_NAMES[section] : pointer === "" ? "Experiment" : words(pointer.split("/").at(-1)!)),
      entry && element("h2", { class: "help-name" }, entry.name),
      doc ? element("p", {}, doc) : null,
      more ? element("p", { class: "muted" }, more) : null,
      entry?.reference ? element("p", { class: "muted help-reference" }, entry.reference) : null,
    ];
  }

  private choices(place: Place, { schemas, catalog }: Knowledge): HTMLElement[] {
    const { member, object, declared } = place;
    if (!member || (member.value && member.value.kind !== "value")) return [];
    const values = schemas.choices(declared, object, member.key);
    if (values.length < 2) return [];
    const section = sectionOfValues(place, member.key);
    const current = valueOf(member.value);
    const rows = values.map((value) => {
      const entry = section && catalog[section].find(({ name }) => name === value);
      return choice(String(value), entry || null, () => this.events.onChoose(place, value), `Choose ${String(value)}`, value === current);
    });
    return [element("h3", {}, `Choices for ${member.key}`), element("ul", { class: "choices" }, ...rows)];
  }

  private fields(place: Place, knowledge: Knowledge): HTMLElement | null {
    const names = fieldsOf(place, knowledge);
    if (names.length === 0) return place.form?.patternProperties ? element("p", { class: "muted" }, "Any keys, with texts as values.") : null;
    const properties = place.form?.properties ?? {};
    return element("div", { class: "fields" }, element("h3", {}, "Fields"),
      element("ul", {}, ...names.map((name) => this.field(place, name, properties[name]!, knowledge))));
  }

  private field(place: Place, name: string, schema: JsonSchema, { schemas, catalog }: Knowledge): HTMLElement {
    const set = place.object.members.some(({ key }) => key === name);
    const fallback = defaultOf(place, name, schema, catalog.activations);
    const required = place.form?.required?.includes(name) ?? false;
    const facts = [typeText(schemas, schema), required ? "required" : fallback === undefined || fallback === null ? "" : `default ${short(fallback)}`];
    return element(
      "li", { class: "field", "data-set": set, "data-here": place.member?.key === name },
      element("code", {}, name),
      element("span", { class: "field-type" }, facts.filter(Boolean).join(" · ")),
      set ? element("span", { class: "field-set" }, "set")
        : button("Add", () => this.events.onAdd(place, name, schema), { class: "small", "aria-label": `Add ${name}` }),
      schema.description && element("span", { class: "field-doc" }, schema.description.replaceAll("`", "")),
    );
  }
}

/** Those of the form but its tag; of an activation's parameters only those that its function has. */
function fieldsOf({ form, object, entry, section }: Place, { catalog }: Knowledge): string[] {
  const names = Object.keys(form?.properties ?? {}).filter((name) => !(TAGS.includes(name) && form!.properties![name]!.const !== undefined));
  if (entry?.name !== "activation" || (section !== "layers" && section !== "remedies")) return names;
  const parameters = new Set(catalog.activations.flatMap(({ schema }) => Object.keys(schema.properties ?? {})));
  const name = valueOf(object.members.find(({ key }) => key === "function")?.value);
  const own = Object.keys(catalog.activations.find((known) => known.name === name)?.schema.properties ?? {});
  return names.filter((field) => field === "function" || !parameters.has(field) || own.includes(field));
}

function defaultOf({ object }: Place, name: string, schema: JsonSchema, activations: readonly CatalogEntry[]): unknown {
  if (schema.default !== null) return schema.default;
  const known = valueOf(object.members.find(({ key }) => key === "function")?.value as Tree | undefined);
  return activations.find((entry) => entry.name === known)?.schema.properties?.[name]?.default;
}

function choice(name: string, entry: CatalogEntry | null, onPick: () => void, label: string, current = false): HTMLElement {
  const pick = button(name, onPick, { class: "small choice", "aria-label": label, "aria-pressed": current ? "true" : null });
  return element("li", {}, pick, entry && element("span", {}, entry.doc, entry.reference && element("span", { class: "muted" }, ` ${entry.reference}`)));
}

function short(value: unknown): string {
  const text = JSON.stringify(value).replaceAll(/([,:])(?=\S)/g, "$1 ");
  return text.length > 44 ? `${text.slice(0, 43)}…` : text;
}

function firstLine(description: string | undefined): string {
  return (description ?? "").split("\n\n")[0]!.replaceAll(/\s+/g, " ").replaceAll("`", "");
}

/** What a description says beyond the entry's own line. */
function rest(description: string | undefined, entry: CatalogEntry): string {
  const [head = "", ...others] = (description ?? "").split("\n\n");
  return head.startsWith(entry.doc.slice(0, 20)) ? others.join(" ").replaceAll(/\s+/g, " ").replaceAll("`", "") : "";
}
