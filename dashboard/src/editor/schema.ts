/** The part of JSON Schema that the service describes experiments in, walked along a text that may still be wrong. */

import { memberOf, valueOf, type Tree } from "./tree";

export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  description?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minItems?: number;
  maxItems?: number;
  maxLength?: number;
  properties?: Record<string, JsonSchema>;
  patternProperties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  prefixItems?: JsonSchema[];
  oneOf?: JsonSchema[];
  anyOf?: JsonSchema[];
}

export type Definitions = Record<string, JsonSchema>;

export class Schemas {
  constructor(private readonly definitions: Definitions) {}

  called(name: string): JsonSchema {
    return this.definitions[name] ?? {};
  }

  /** Every form that `schema` allows but null. */
  forms(schema: JsonSchema): JsonSchema[] {
    if (schema.$ref !== undefined) return this.forms(this.called(schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1)));
    const inner = schema.oneOf ?? schema.anyOf;
    if (inner) return inner.flatMap((form) => this.forms(form));
    return schema.type === "null" ? [] : [schema];
  }

  /** The form that `tree` takes by what it says of itself (its constant keys), or null while that is open. */
  chosen(schema: JsonSchema, tree: Tree | null): JsonSchema | null {
    const forms = this.forms(schema);
    const fitting = tree?.kind === "object" ? forms.filter((form) => fits(form, tree)) : forms.filter((form) => form.type !== "object");
    if (fitting.length === 1) return fitting[0]!;
    return forms.length === 1 ? forms[0]! : null;
  }

  /** What may stand under a key of `tree`, or in it where it is a list. */
  below(schema: JsonSchema, tree: Tree, at: string | number): JsonSchema | null {
    const form = this.chosen(schema, tree) ?? this.forms(schema).find((candidate) => candidate.properties?.[at] || candidate.items);
    if (!form) return null;
    if (typeof at === "number") return form.prefixItems?.[at] ?? form.items ?? null;
    return form.properties?.[at] ?? Object.values(form.patternProperties ?? {})[0] ?? null;
  }

  /** The values that a key of `tree` can have where there are only so many: constants of all forms that fit otherwise. */
  choices(schema: JsonSchema, tree: Tree, key: string): unknown[] {
    const forms = this.forms(schema);
    const open = forms.filter((form) => form.properties?.[key] && fits(form, tree, key));
    const values = (open.length > 0 ? open : forms).flatMap((form) => this.forms(form.properties?.[key] ?? {})).flatMap(listed);
    return [...new Set(values)];
  }
}

function listed({ const: constant, enum: options, type }: JsonSchema): unknown[] {
  if (constant !== undefined) return [constant];
  return options ?? (type === "boolean" ? [true, false] : []);
}

function fits(form: JsonSchema, tree: Tree, but?: string): boolean {
  if (!form.properties) return false;
  return Object.entries(form.properties).every(([key, { const: constant }]) => {
    if (constant === undefined || key === but) return true;
    const value = valueOf(memberOf(tree, key)?.value);
    return value === undefined ? !form.required?.includes(key) && key !== "kind" : value === constant;
  });
}
