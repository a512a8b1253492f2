/** A block of code with a button that copies it. */

import { button, element } from "./dom";

export function codeBlock(text: string, what: string): HTMLElement {
  const status = element("span", { class: "visually-hidden", role: "status" });
  const copy = button("Copy", () => void put(), { class: "quiet small", "aria-label": `Copy ${what}` });
  return element("div", { class: "code" }, element("pre", { tabindex: 0, role: "region", "aria-label": what }, element("code", {}, text)), copy, status);

  async function put(): Promise<void> {
    const done = await copied(text);
    copy.textContent = done ? "Copied" : "Not copied";
    status.textContent = done ? `Copied ${what}` : "The browser did not allow copying";
    setTimeout(() => (copy.textContent = "Copy"), 1500);
  }
}

async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
