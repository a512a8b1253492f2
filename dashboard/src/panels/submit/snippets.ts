/** What an inserted layer, remedy or setting looks like at first: values that make sense, to be changed. */

import type { JsonSchema, Schemas } from "../../editor/schema";
import type { CatalogEntry } from "./catalog";
import type { Insertable } from "./place";

// For fields without a default; any other gets its least value.
const USUAL: Record<string, unknown> = {
  out_features: 64, out_channels: 16, kernel_size: 3, num_groups: 4, embedding_dim: 32, hidden_size: 32, times: 2,
  layers: [{ kind: "linear", out_features: 64 }, { kind: "activation", function: "relu" }],
  function: "relu", max_norm: 1, clip_value: 0.5, strength: 0.0001, steps: 100, metric: "accuracy", value: 0.9,
};
// Where nothing is required, and yet nothing would be done without it.
const WANTED: Record<string, Record<string, unknown>> = {
  "layers self_attention": { num_heads: 4 },
  "layers dropout": { p: 0.5 },
  "remedies initialization": { scheme: "he" },
  "remedies optimizer": { name: "adam", lr: 0.001 },
  "remedies learning_rate": { factor: 0.1 },
};

export function snippet(kind: Insertable, entry: CatalogEntry, schemas: Schemas): Record<string, unknown> {
  const [form] = schemas.forms(entry.schema);
  const required = (form?.required ?? []).filter((field) => field !== "kind");
  const wanted = WANTED[`${kind} ${entry.name}`];
  const fields = wanted ? [] : required.map((field) => [field, firstValue(field, form!.properties![field] ?? {}, schemas)]);
  return { kind: entry.name, ...Object.fromEntries(fields), ...wanted };
}

/** A value to start from for a field that is not set. */
export function firstValue(field: string, schema: JsonSchema, schemas: Schemas): unknown {
  if (schema.default !== undefined && schema.default !== null) return schema.default;
  if (field in USUAL) return USUAL[field];
  const [form = {}] = schemas.forms(schema);
  if (form.const !== undefined) return form.const;
  if (form.enum) return form.enum[0];
  if (form.type === "string") return "";
  if (form.type === "boolean") return false;
  if (form.type === "array") return [];
  if (form.type === "object") return ofRequired(form, schemas);
  return Math.max(form.minimum ?? form.exclusiveMinimum ?? 0, form.type === "integer" ? 1 : 0) || 1;
}

function ofRequired(form: JsonSchema, schemas: Schemas): Record<string, unknown> {
  const constant = Object.entries(form.properties ?? {}).filter(([, { const: value }]) => value !== undefined);
  const required = (form.required ?? []).map((field) => [field, firstValue(field, form.properties?.[field] ?? {}, schemas)]);
  return { ...Object.fromEntries(constant.map(([field, { const: value }]) => [field, value])), ...Object.fromEntries(required) };
}
