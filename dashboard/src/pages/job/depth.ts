/** All layers at once: the heatmap, and the depth profile with theory and another job laid over it. */

import { getTheory, getTrace } from "../../api";
import { primary } from "../../badges";
import { endOf, newestFinite } from "../../columns";
import { metricCalled } from "../../metrics";
import { paced } from "../../pace";
import { HeatmapPanel } from "../../panels/heatmap";
import { ProfilePanel } from "../../panels/profile";
import { PREDICTED_METRIC, predicted, reasonAgainst } from "../../panels/profile-data";
import { hasEnded, type Columns, type Theory } from "../../shapes";
import { REFRESH_MS, type Context, type Section } from "./context";
import { Overlay } from "./overlay";

const COLUMNS = 600;
const SELECT_MS = 60;

export interface DepthEvents {
  /** What to look at until the user chooses. */
  suggest(layer: string | null, step: number): void;
  /** The trace is shown, empty or not: what else there is may be asked for now. */
  shown(): void;
}

export class DepthSection implements Section {
  readonly elements: readonly HTMLElement[];
  readonly heatmap: HeatmapPanel;
  readonly refresh: () => void;
  private readonly profile: ProfilePanel;
  private readonly overlay: Overlay;
  private columns: Columns | null = null;
  private first: Columns | null = null;
  private exact: Columns | null = null;
  private theory: Theory | null = null;

  constructor(private readonly context: Context, private readonly events: DepthEvents) {
    const { id, selection, signal } = context;
    this.overlay = new Overlay(context);
    this.heatmap = new HeatmapPanel(
      selection, metricCalled(selection.metric), (metric) => selection.set({ metric }), signal,
      (name, points, part) => getTrace(id, name, points, signal, part),
    );
    this.profile = new ProfilePanel(selection, this.overlay.picker.elements, signal);
    this.elements = [this.heatmap.element, this.profile.element];
    this.refresh = paced(() => this.load(), REFRESH_MS, signal);
    const readExact = paced(() => this.loadExact(), SELECT_MS, signal);
    this.heatmap.onWindow((window) => {
      context.window = window;
      this.drawProfile();
      readExact();
      events.shown();
    });
    selection.onChange(({ metric, over }, before) => {
      if (metric !== before.metric) return void this.load();
      if (over !== before.over) return void this.overlay.load().then(() => this.drawProfile());
      this.drawProfile();
      readExact();
    });
  }

  /** The job is known, or moved on. An ended one's trace is read once. */
  follow(): void {
    const { job } = this.context;
    if (!job || !this.columns || !hasEnded(job) || endOf(this.columns) < job.progress.step) return this.refresh();
    this.draw(this.columns);
  }

  private async load(): Promise<void> {
    const { id, selection, signal } = this.context;
    const { metric } = selection;
    const columns = await this.context.attempt(() => getTrace(id, metric, COLUMNS, signal));
    if (signal.aborted || columns === null || metric !== selection.metric) return;
    this.columns = columns;
    this.context.traced = Math.max(this.context.traced, endOf(columns));
    this.draw(columns);
    await Promise.all([this.loadFirst(columns), this.loadTheory(columns), this.loadExact(), this.overlay.load()]);
    this.drawProfile();
  }

  private draw(columns: Columns): void {
    if (columns.steps.length > 0) this.suggestOf(columns);
    this.heatmap.show(metricCalled(columns.metric), columns, this.context.end(), waiting(this.context));
    // Only now does the heatmap know how far the steps go, of which the address may ask for a few.
    this.context.window = this.heatmap.window;
    this.drawProfile();
    this.events.shown();
  }

  /** The first step for itself: a column that stands for several steps would hide it behind their largest value. */
  private async loadFirst(columns: Columns): Promise<void> {
    const { id, signal } = this.context;
    const step = columns.steps[0];
    if (step === undefined || (this.first?.metric === columns.metric && this.first.steps[0] === step)) return;
    this.first = await this.context.attempt(() => getTrace(id, columns.metric, 1, signal, { from: step, to: step }));
  }

  /** Once the first step is measured, theory says how well it agrees; it never changes after that. */
  private async loadTheory(columns: Columns): Promise<void> {
    const { id, signal } = this.context;
    if (columns.metric !== PREDICTED_METRIC || columns.steps.length === 0 || this.theory !== null) return;
    this.theory = await this.context.attempt(() => getTheory(id, signal));
  }

  /** Who has zoomed in chooses single steps, where a column of the whole run stands for many. */
  private async loadExact(): Promise<void> {
    const { id, selection, signal, window } = this.context;
    const { step, metric } = selection;
    if (step === null || window === null || !this.columns || this.columns.bucket_steps === 1) return;
    const exact = await this.context.attempt(() => getTrace(id, metric, 1, signal, { from: step, to: step }));
    if (step !== selection.step || metric !== selection.metric || !exact?.steps.length) return;
    this.exact = exact;
    this.drawProfile();
  }

  private drawProfile(): void {
    const { columns, first, theory, exact } = this;
    const { selection, signal, window } = this.context;
    if (signal.aborted || !columns || columns.metric !== selection.metric) return;
    this.profile.element.hidden = columns.steps.length === 0;
    if (columns.steps.length === 0) return;
    const own = first?.metric === columns.metric ? first : null;
    const expected = columns.metric === PREDICTED_METRIC && theory && own;
    const prediction = expected ? predicted(theory, own) : null;
    const isExact = window !== null && exact?.metric === columns.metric && exact.steps[0] === selection.step;
    this.profile.show({
      columns: isExact ? exact : columns, first: own, theory: prediction, over: this.overlay.on(columns),
      without: expected && !prediction ? reasonAgainst(theory) ?? "the last layer's signal at step 0 gives no scale" : null,
    });
  }

  /** The newest finite step of the first layer that the primary finding names. */
  private suggestOf(columns: Columns): void {
    const finding = this.context.job ? primary(this.context.job) : undefined;
    const layer = finding?.layers.find((name) => columns.layers.includes(name)) ?? columns.layers[0] ?? null;
    this.events.suggest(layer, columns.steps[newestFinite(columns)]!);
  }
}

function waiting({ job }: Context): string {
  if (job?.state === "queued") return "The job waits for a worker. The picture starts with its first steps.";
  if (job === null || job.state === "running") return "The first steps are on their way.";
  return job.progress.step ? "No layer of this network has this metric." : "This job left no trace.";
}
