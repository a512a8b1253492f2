/** The desk of a draft: its text, what is wrong with it, what it would train, and the button that runs it. */

import { ApiError, submitJob } from "../../api";
import { button, element, setText } from "../../dom";
import { Editor } from "../../editor/editor";
import { format } from "../../editor/format";
import { parse, type Parsed } from "../../editor/parse";
import type { Range } from "../../editor/tree";
import { plural } from "../../format";
import { randomKey } from "../../random";
import { navigate } from "../../router";
import type { Fault } from "../../shapes";
import { knowledge, type Knowledge } from "./catalog";
import { Changes } from "./changes";
import { Checker, verdictOf, type Verdict } from "./checker";
import { Help } from "./help";
import { forgetDraft, saveDraft, type Origin } from "./origin";
import { Outlook } from "./outlook";
import { placeAt, type Insertable, type Place } from "./place";
import { Plan } from "./plan";
import { Prediction } from "./prediction";
import { Problems, troublesOf } from "./problems";
import { StatusBar } from "./status";

// A text is rarely JSON while it is being written: its mistakes wait until the writer does.
const MISTAKE_PAUSE_MS = 500;
const RETRY_MS = 3_000;

export class Desk {
  private readonly editor: Editor;
  private readonly changes: Changes;
  private readonly checker: Checker;
  private readonly status: StatusBar;
  private readonly problems = new Problems((range) => this.editor.select(range));
  private readonly help = new Help({
    onChoose: (place, value) => this.whole(() => this.changes.choose(place, value)),
    onAdd: (place, field, schema) => this.whole(() => this.changes.add(place, field, schema, this.known!)),
    onInsert: (kind, entry) => this.whole(() => this.changes.insert(kind, entry, this.parsed.root, this.place(), this.known!)),
  });
  private readonly outlook = new Outlook();
  private readonly prediction: Prediction;
  private readonly plan = new Plan();
  private readonly reset = button("Start over", () => this.editor.open(this.original), { class: "quiet small", hidden: true });
  private readonly caption = element("p", { class: "desk-caption" });
  private readonly results: HTMLElement;
  readonly element: HTMLElement;
  private parsed: Parsed = { root: null, mistake: null };
  private faults: readonly Fault[] = [];
  private known: Knowledge | null = null;
  private readonly knowing: Promise<Knowledge | null>;
  private mistakeTimer = 0;
  /** A second press, or a press after a lost answer, is the same job. */
  private readonly keys = new Map<string, string>();

  constructor(private readonly origin: Origin, private readonly original: string, private readonly signal: AbortSignal) {
    this.editor = new Editor({
      onChange: (text) => this.onChange(text), onCaret: () => this.showHelp(), onRun: () => void this.run(),
    }, signal);
    this.changes = new Changes(this.editor);
    this.checker = new Checker((verdict) => this.onVerdict(verdict), signal);
    this.prediction = new Prediction(signal);
    this.status = new StatusBar(() => void this.run(), [this.reset]);
    this.results = element("div", { class: "desk-results", hidden: true },
      this.caption, this.outlook.element, this.prediction.element, ...this.plan.elements);
    this.element = element("div", { class: "desk" },
      element("div", { class: "desk-text" }, element("div", { class: "desk-tools" },
        button("Insert layer…", () => this.offer("layers"), { class: "small" }),
        button("Insert remedy…", () => this.offer("remedies"), { class: "small" }),
        button("Format", () => this.format(), { class: "small" }),
      ), this.editor.element,
      element("p", { class: "muted desk-hint", id: "draft-hint" }, "Help follows the caret. Ctrl + Enter runs it, Tab leaves the text."),
      this.problems.element, this.help.element),
      this.results,
    );
    signal.addEventListener("abort", () => clearTimeout(this.mistakeTimer));
    this.showHelp();
    this.knowing = this.learn();
  }

  get bar(): HTMLElement {
    return this.status.element;
  }

  open(text: string): void {
    this.editor.open(text);
  }

  /** null where the service does not tell: the draft can be written and run all the same. */
  private async learn(): Promise<Knowledge | null> {
    try {
      this.known = await knowledge();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.help.silent();
    }
    this.showHelp();
    return this.known;
  }

  private onChange(text: string): void {
    this.parsed = parse(text);
    this.reset.hidden = text === this.original;
    if (text === this.original) forgetDraft(this.origin.query);
    else saveDraft(this.origin, text);
    clearTimeout(this.mistakeTimer);
    if (this.parsed.mistake) {
      this.checker.drop();
      this.editor.mark([]);
      this.mistakeTimer = setTimeout(() => this.showMistake(), MISTAKE_PAUSE_MS);
      return;
    }
    this.showFaults();
    this.status.checking();
    this.checker.check(JSON.parse(text));
  }

  private onVerdict(verdict: Verdict): void {
    this.status.busy(false);
    if (verdict.kind === "unknown") {
      this.status.show("unknown", verdict.sentence);
      return this.checker.check(JSON.parse(this.editor.text), RETRY_MS);
    }
    if (verdict.kind === "fine") {
      const { preflight } = verdict;
      this.faults = preflight.admission.limits.flatMap(({ admitted, pointer, detail }) => (admitted ? [] : [{ pointer, detail: detail! }]));
      this.results.hidden = false;
      this.outlook.show(preflight);
      this.prediction.show(preflight.theory);
      this.plan.show(preflight);
      this.status.show(this.faults.length > 0 ? "wrong" : "ready", this.faults.length > 0 ? "Too large for this service" : "Ready to run");
    } else {
      this.faults = verdict.faults;
      this.status.show("wrong", plural(this.faults.length, "problem"));
    }
    this.age(verdict.kind === "wrong");
    this.showFaults();
  }

  private showMistake(): void {
    const { mistake } = this.parsed;
    if (!mistake) return;
    this.faults = [];
    this.problems.show(troublesOf(this.editor.text, this.parsed, []));
    this.editor.mark([mistake]);
    this.status.show("wrong", "Not JSON yet");
    this.age(true);
  }

  private showFaults(): void {
    const troubles = troublesOf(this.editor.text, this.parsed, this.faults);
    this.problems.show(troubles);
    this.editor.mark(troubles.map(({ range }) => range));
  }

  private age(old: boolean): void {
    this.results.toggleAttribute("data-stale", old);
    setText(this.caption, old ? "The last draft that could be trained:" : "As the draft stands:");
  }

  private place(): Place | null {
    return this.known && placeAt(this.parsed.root, this.editor.caret, this.known.schemas, this.known.catalog);
  }

  private showHelp(): void {
    this.help.show(this.place(), this.known);
  }

  /** Only a text that is whole can be edited by its structure. */
  private whole(edit: () => void): void {
    if (this.parsed.mistake) this.showMistakeNow();
    else edit();
  }

  private offer(kind: Insertable): void {
    if (this.parsed.mistake) return this.showMistakeNow();
    void this.knowing.then((known) => {
      if (!known || this.signal.aborted) return;
      this.help.offer(kind, known);
      this.help.element.scrollIntoView({ block: "nearest" });
      this.help.element.querySelector<HTMLElement>(".choice")?.focus({ preventScroll: true });
    });
  }

  private format(): void {
    if (this.parsed.mistake) return this.showMistakeNow();
    const text = format(JSON.parse(this.editor.text));
    const caret: Range = { from: 0, to: 0 };
    if (text !== this.editor.text) this.editor.apply({ from: 0, to: this.editor.text.length, text }, caret);
  }

  private showMistakeNow(): void {
    clearTimeout(this.mistakeTimer);
    this.showMistake();
    if (this.parsed.mistake) this.editor.select(this.parsed.mistake);
  }

  private async run(): Promise<void> {
    if (this.parsed.mistake) return this.showMistakeNow();
    const { text } = this.editor;
    const key = this.keys.get(text) ?? randomKey();
    this.keys.set(text, key);
    this.status.busy(true);
    try {
      const job = await submitJob(JSON.parse(text), this.signal, key);
      navigate(`/ui/jobs/${encodeURIComponent(job.id)}`);
    } catch (error) {
      if (this.signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      this.checker.drop();
      this.onVerdict(verdictOf(error));
      const [first] = troublesOf(this.editor.text, this.parsed, this.faults);
      if (first) this.editor.select(first.range);
    }
  }
}
