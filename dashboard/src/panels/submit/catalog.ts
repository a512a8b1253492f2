/** What the service knows of experiments: `GET /v1/catalog`, and the schema of an experiment. Read once, when first needed. */

import { getCatalog, getDescription } from "../../api";
import { Schemas, type JsonSchema } from "../../editor/schema";

export type Section = "layers" | "activations" | "init_schemes" | "sources" | "losses" | "optimizers" | "schedules" | "remedies";

export interface CatalogEntry {
  name: string;
  /** One line. */
  doc: string;
  reference: string;
  schema: JsonSchema;
}

export type Catalog = Record<Section, CatalogEntry[]>;

export interface Knowledge {
  catalog: Catalog;
  schemas: Schemas;
}

let known: Promise<Knowledge> | null = null;

export function knowledge(): Promise<Knowledge> {
  known ??= read().catch((error: unknown) => {
    known = null;
    throw error;
  });
  return known;
}

async function read(): Promise<Knowledge> {
  const [catalog, description] = await Promise.all([getCatalog(), getDescription()]);
  return { catalog, schemas: new Schemas(description.components.schemas) };
}
