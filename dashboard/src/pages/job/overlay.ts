/** The other job: which one it is, its layers, and its trace of the metric that is looked at. */

import { getJob, getLayers, getTrace, listJobs } from "../../api";
import { OverlayPicker, shortNameOf } from "../../panels/overlay";
import { laid, type Laid } from "../../panels/profile-data";
import { hasEnded, type Columns, type Job, type LayerRow } from "../../shapes";
import type { Context } from "./context";

const RECENT = 50;
const COLUMNS = 600;

interface Other {
  job: Job;
  network: LayerRow[];
  columns: Columns | null;
}

export class Overlay {
  readonly picker: OverlayPicker;
  private other: Other | null = null;
  private recent: Job[] | null = null;

  constructor(private readonly context: Context) {
    this.picker = new OverlayPicker(context.id, (over) => context.selection.set({ over }));
  }

  /** Loads what the selection asks for and is not there yet, or still grows. */
  async load(): Promise<void> {
    const { selection, signal } = this.context;
    const { over, metric } = selection;
    if (this.recent === null) void this.listRecent();
    if (over === null) {
      this.other = null;
      return this.offer();
    }
    const known = this.other?.job.id === over ? this.other : null;
    if (known && hasEnded(known.job) && known.columns?.metric === metric) return;
    const answer = known && hasEnded(known.job) ? null : await this.context.attempt(() => getJob(over, null, signal));
    const job = answer?.job ?? known?.job;
    if (!job) return;
    const [network, columns] = await Promise.all([
      known?.network ?? this.context.attempt(() => getLayers(over, signal)),
      this.context.attempt(() => getTrace(over, metric, COLUMNS, signal)),
    ]);
    if (signal.aborted || selection.over !== over || selection.metric !== metric) return;
    this.other = { job, network: network ?? [], columns };
    this.offer();
  }

  /** Its values on our layers at the step nearest to the selected one; null where there is nothing to lay over. */
  on(columns: Columns): Laid | null {
    const { job, network, selection } = this.context;
    const other = this.other;
    if (!other?.columns?.steps.length || other.columns.metric !== columns.metric || other.job.id !== selection.over) return null;
    const told = { id: other.job.id, name: shortNameOf(other.job, job), columns: other.columns, network: other.network };
    return laid(told, columns.layers, network, selection.step ?? 0);
  }

  private async listRecent(): Promise<void> {
    const { signal } = this.context;
    this.recent = [];
    const page = await this.context.attempt(() => listJobs({ state: null, after: null, limit: RECENT }, signal));
    if (!page || signal.aborted) return;
    this.recent = page.data;
    this.offer();
  }

  private offer(): void {
    this.picker.offer(this.recent ?? [], this.other?.job ?? null);
  }
}
