/** What an empty clinic shows: the first experiment, as a command and as a button. */

import { submitJob } from "../api";
import { codeBlock } from "../copy";
import { button, element } from "../dom";
import { curl, EXAMPLE } from "../example";
import { needsKey } from "../key";
import { navigate } from "../router";

export function welcome(signal: AbortSignal): HTMLElement {
  const problem = element("p", { class: "notice critical", role: "alert", hidden: true });
  const run = button("Run this example", () => void submit(), { class: "primary" });
  return element(
    "section", { class: "panel welcome" },
    element("h2", {}, "No jobs yet"),
    element("p", {}, "A job is a network and a training recipe. The clinic trains it, watches every layer's gradient at every step, " +
      "and says which layer is ill, since which step, why, and what cures it."),
    element("p", {}, "Try twenty sigmoid layers, the textbook case of a gradient that vanishes:"),
    codeBlock(curl(location.origin, needsKey()), "curl command"),
    element("p", { class: "welcome-ways" }, run, element("a", { href: "/ui/new" }, "See the other examples, or write your own")),
    problem,
  );

  async function submit(): Promise<void> {
    run.disabled = true;
    try {
      const job = await submitJob(EXAMPLE, signal);
      navigate(`/ui/jobs/${encodeURIComponent(job.id)}`);
    } catch (error) {
      problem.hidden = false;
      problem.textContent = error instanceof Error ? error.message : String(error);
      run.disabled = false;
    }
  }
}
