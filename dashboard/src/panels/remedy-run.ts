/** The experiment that a remedy makes of a job: an ordinary one, that names its parent. */

import type { Job, Remedy } from "../shapes";
import { remedyTag } from "./remedy-words";

/** The label that leads back to the job whose remedy was run. */
export const PARENT_LABEL = "remedy_of";

const LONGEST_NAME = 200;
const MOST_LABELS = 64;
const MOST_REMEDIES = 32;

export interface Prepared {
  /** The body of `POST /v1/jobs` and of `POST /v1/preflight`. */
  body: Record<string, unknown>;
  /** Its remedies before this place were the job's own. */
  own: number;
}

/**
 * The job's experiment with `chosen` behind its own remedies. At most one of a kind is admitted: where it has one of that
 * kind already, its resolved experiment, which is what was found ill, is the one to edit.
 */
export function remedied(job: Job, chosen: readonly Remedy[]): Prepared {
  const own = job.experiment.remedies ?? [];
  const kinds = new Set(own.map(({ kind }) => kind));
  const resolved = chosen.some(({ kind }) => kinds.has(kind)) || own.length + chosen.length > MOST_REMEDIES;
  const remedies = chosen.map(withoutNulls);
  return {
    own: resolved ? 0 : own.length,
    body: {
      ...(resolved ? job.resolved : job.experiment),
      name: nameOf(job, chosen),
      labels: labelsOf(job),
      remedies: resolved ? remedies : [...own, ...remedies],
    },
  };
}

/** The id of the job that this one remedies. */
export function parentOf(job: Job): string | null {
  const parent = job.labels[PARENT_LABEL] ?? "";
  return /^job_[0-9a-z]{26}$/.test(parent) && parent !== job.id ? parent : null;
}

function nameOf(job: Job, chosen: readonly Remedy[]): string {
  const added = chosen.map((remedy) => ` + ${remedyTag(remedy)}`).join("");
  const room = Math.max(0, LONGEST_NAME - added.length);
  return ((job.name || job.id).slice(0, room) + added).slice(0, LONGEST_NAME);
}

/** A run of a study is an ordinary job once its remedy is run: that run is none of the study's. */
function labelsOf(job: Job): Record<string, string> {
  const { study: _, [PARENT_LABEL]: __, ...kept } = job.labels;
  return { ...Object.fromEntries(Object.entries(kept).slice(0, MOST_LABELS - 1)), [PARENT_LABEL]: job.id };
}

function withoutNulls(remedy: Remedy): Remedy {
  return { ...Object.fromEntries(Object.entries(remedy).filter(([, value]) => value !== null)), kind: remedy.kind };
}
