/** Where a draft started, and the draft itself: kept for this tab, one for each start. */

import { getJob } from "../../api";
import { format } from "../../editor/format";
import { exampleCalled } from "../../examples";

export interface Origin {
  /** As in the address: `example=deep-sigmoid`, `from=job_…`, `blank=1`. */
  query: string;
  /** For a sentence: "the example deep-sigmoid". */
  words: string;
  text(signal: AbortSignal): Promise<string>;
}

export interface Draft {
  query: string;
  words: string;
  text: string;
}

const SLOT = "gradclinic-draft:";
const SMALLEST = `{
  "name": "",
  "network": {
    "layers": [
      {"kind": "linear", "out_features": 10}
    ]
  },
  "data": {"source": {"kind": "digits"}},
  "training": {
    "loss": "cross_entropy",
    "optimizer": {"name": "sgd", "lr": 0.1},
    "steps": 300
  }
}`;

/** null where the address names no start, or none that there is. */
export function originOf(query: URLSearchParams): Origin | null {
  const example = exampleCalled(query.get("example"));
  const job = query.get("from");
  if (example) return { query: `example=${example.name}`, words: `the example ${example.name}`, text: async () => example.text };
  if (job) return { query: `from=${encodeURIComponent(job)}`, words: `job ${job}`, text: (signal) => ofJob(job, signal) };
  if (query.has("blank")) return { query: "blank=1", words: "nothing", text: async () => SMALLEST };
  return null;
}

async function ofJob(id: string, signal: AbortSignal): Promise<string> {
  const answer = await getJob(id, null, signal);
  return format(withoutNulls(answer!.job.experiment));
}

/** A null says no more than a key that is not there. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== null).map(([key, item]) => [key, withoutNulls(item)]));
}

export function drafts(): Draft[] {
  return Object.keys(sessionStorage).filter((key) => key.startsWith(SLOT)).sort()
    .flatMap((key) => savedDraft(key.slice(SLOT.length)) ?? []);
}

export function savedDraft(query: string): Draft | null {
  const saved = sessionStorage.getItem(SLOT + query);
  if (saved === null) return null;
  const { words, text } = JSON.parse(saved) as { words: string; text: string };
  return { query, words, text };
}

export function saveDraft({ query, words }: Origin, text: string): void {
  try {
    sessionStorage.setItem(SLOT + query, JSON.stringify({ words, text }));
  } catch {
    // The tab's storage is full or forbidden: the draft lives as long as the page.
  }
}

export function forgetDraft(query: string): void {
  sessionStorage.removeItem(SLOT + query);
}
