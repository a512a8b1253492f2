/** The pictures of a page in their order; those that have nothing to show are not in it. */

import { element } from "../../dom";

export class Gallery {
  readonly element = element("div", { class: "job-main" });

  constructor(private readonly pictures: readonly HTMLElement[], signal: AbortSignal) {
    this.arrange();
    const watch = new MutationObserver(() => this.arrange());
    for (const picture of pictures) watch.observe(picture, { attributes: true, attributeFilter: ["hidden"] });
    signal.addEventListener("abort", () => watch.disconnect());
  }

  /** Moves only what came or went: the others keep their focus and their place. */
  private arrange(): void {
    let last: Element | null = null;
    for (const picture of this.pictures) {
      if (picture.hidden) picture.remove();
      else if (picture.parentElement !== this.element) this.element.insertBefore(picture, last ? last.nextSibling : this.element.firstChild);
      if (!picture.hidden) last = picture;
    }
  }
}
