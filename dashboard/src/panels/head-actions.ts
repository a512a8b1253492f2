/** What can be done with a job: stop it, run it again, take its numbers along, delete it. */

import { cancelJob, deleteJob } from "../api";
import { confirmed } from "../dialog";
import { button, element, fill } from "../dom";
import { navigate } from "../router";
import { hasEnded, type Job } from "../shapes";
import { parentOf } from "./remedy-run";

const EXPORTS: readonly [format: string, text: string][] = [
  ["csv", "CSV, for spreadsheets"], ["npz", "NPZ, for NumPy"], ["tensorboard", "TensorBoard events"],
];

export class JobActions {
  private readonly parent = element("span", { class: "head-parent", hidden: true });
  private readonly edit = element("a", { class: "button" }, "Edit and run again");
  private readonly exports = element("div", { class: "menu-list" });
  private readonly menu = element("details", { class: "menu" }, element("summary", { class: "button" }, "Export"), this.exports);
  private readonly cancel = button("Cancel", () => void this.stop(), { class: "danger", hidden: true });
  private readonly remove = button("Delete", () => void this.discard(), { class: "danger", hidden: true });
  readonly element = element("div", { class: "head-actions" }, this.parent, this.edit, this.menu, this.cancel, this.remove);
  private job: Job | null = null;

  constructor(private readonly say: (message: string) => void, private readonly signal: AbortSignal) {
    // A menu closes when the reader turns to something else.
    document.addEventListener("click", (event) => {
      if (!this.menu.contains(event.target as Node)) this.menu.open = false;
    }, { signal });
    this.menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.menu.open) return;
      this.menu.open = false;
      this.menu.querySelector("summary")?.focus();
    });
  }

  show(job: Job): void {
    const first = this.job?.id !== job.id;
    this.job = job;
    this.cancel.hidden = hasEnded(job);
    this.cancel.disabled = job.cancel_requested_at !== null;
    this.cancel.textContent = job.cancel_requested_at === null ? "Cancel" : "Cancelling…";
    this.remove.hidden = !hasEnded(job);
    if (!first) return;
    const id = encodeURIComponent(job.id);
    this.edit.href = `/ui/new?from=${id}`;
    fill(this.exports, ...EXPORTS.map(([format, text]) =>
      element("a", { href: `/v1/jobs/${id}/export?format=${format}`, download: true }, text)));
    const parent = parentOf(job);
    this.parent.hidden = parent === null;
    if (parent !== null) {
      fill(this.parent,
        element("a", { href: `/ui/jobs/${parent}` }, "Original"), " · ",
        element("a", { href: `/ui/compare?a=${parent}&b=${id}` }, "Compare with the original"));
    }
  }

  private async stop(): Promise<void> {
    if (!this.job) return;
    this.cancel.disabled = true;
    this.cancel.textContent = "Cancelling…";
    await this.trying(cancelJob(this.job.id), () => {
      this.cancel.disabled = false;
      this.cancel.textContent = "Cancel";
    });
  }

  private async discard(): Promise<void> {
    const { job } = this;
    if (!job) return;
    const text = `“${job.name || job.id}” and everything recorded of it will be gone. This cannot be undone.`;
    if (!(await confirmed("Delete this job?", text, "Delete", this.signal))) return;
    this.remove.disabled = true;
    if (await this.trying(deleteJob(job.id), () => (this.remove.disabled = false))) navigate("/ui/");
  }

  private async trying(work: Promise<void>, undo: () => void): Promise<boolean> {
    try {
      await work;
      return true;
    } catch (error) {
      this.say(error instanceof Error ? error.message : String(error));
      undo();
      return false;
    }
  }
}
