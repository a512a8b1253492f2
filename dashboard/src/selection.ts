/** What the user looks at: one layer, one step, one metric, and perhaps another job laid over. Every panel follows it. */

export interface Selected {
  layer: string | null;
  step: number | null;
  /** A layer metric's name. */
  metric: string;
  /** Id of the job laid over this one. */
  over: string | null;
}

export const NOTHING: Selected = { layer: null, step: null, metric: "grad_norm", over: null };

type Listener = (selected: Selected, before: Selected) => void;

export class Selection {
  private readonly listeners: Listener[] = [];
  private selected: Selected;

  constructor(selected: Partial<Selected>) {
    this.selected = { ...NOTHING, ...selected };
  }

  get layer(): string | null {
    return this.selected.layer;
  }

  get step(): number | null {
    return this.selected.step;
  }

  get metric(): string {
    return this.selected.metric;
  }

  get over(): string | null {
    return this.selected.over;
  }

  onChange(listener: Listener): void {
    this.listeners.push(listener);
  }

  set(change: Partial<Selected>): void {
    const before = this.selected;
    const next = { ...before, ...change };
    if ((Object.keys(next) as (keyof Selected)[]).every((name) => next[name] === before[name])) return;
    this.selected = next;
    for (const listener of this.listeners) listener(next, before);
  }
}
