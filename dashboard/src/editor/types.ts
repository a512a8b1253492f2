/** A JSON Schema of one value in a few words: "whole number, ≥ 1", "one of normal, uniform". */

import type { JsonSchema, Schemas } from "./schema";

const NAMES: Record<string, string> = {
  integer: "whole number", number: "number", string: "text", boolean: "true or false", array: "list", object: "object",
};
// Bounds that only keep floats and sizes sane say nothing to a reader.
const BEYOND_READING = 1e30;
const MOST_CHOICES = 6;

export function typeText(schemas: Schemas, schema: JsonSchema): string {
  const forms = schemas.forms(schema);
  const objects = forms.filter((form) => form.type === "object");
  const rest = forms.filter((form) => form.type !== "object").map((form) => one(schemas, form));
  return [...new Set([...rest, ...(objects.length > 0 ? ["object"] : [])])].join(" or ") || "null";
}

function one(schemas: Schemas, form: JsonSchema): string {
  if (form.const !== undefined) return JSON.stringify(form.const);
  if (form.enum) {
    return form.enum.length > MOST_CHOICES ? `one of ${form.enum.length} names` : `one of ${form.enum.join(", ")}`;
  }
  const name = NAMES[String(form.type)] ?? "value";
  if (form.type === "array" && form.items) return `list of ${typeText(schemas, form.items).replace(/^object$/, "objects")}`;
  return [name, ...bounds(form)].join(", ");
}

function bounds(form: JsonSchema): string[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = form;
  return [
    minimum !== undefined && minimum > -BEYOND_READING && `≥ ${minimum}`,
    exclusiveMinimum !== undefined && `> ${exclusiveMinimum}`,
    maximum !== undefined && maximum < BEYOND_READING && `≤ ${maximum.toLocaleString("en-US")}`,
    exclusiveMaximum !== undefined && exclusiveMaximum < BEYOND_READING && `< ${exclusiveMaximum.toLocaleString("en-US")}`,
    form.maxLength !== undefined && `at most ${form.maxLength} characters`,
  ].filter((text): text is string => typeof text === "string");
}
