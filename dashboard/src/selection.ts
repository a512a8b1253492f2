/** What the user looks at: one layer, one step. Every panel follows it. */

export interface Selected {
  layer: string | null;
  step: number | null;
}

type Listener = (selected: Selected) => void;

export class Selection {
  private readonly listeners: Listener[] = [];

  constructor(private selected: Selected) {}

  get layer(): string | null {
    return this.selected.layer;
  }

  get step(): number | null {
    return this.selected.step;
  }

  onChange(listener: Listener): void {
    this.listeners.push(listener);
  }

  set(change: Partial<Selected>): void {
    const next = { ...this.selected, ...change };
    if (next.layer === this.selected.layer && next.step === this.selected.step) return;
    this.selected = next;
    for (const listener of this.listeners) listener(next);
  }
}
