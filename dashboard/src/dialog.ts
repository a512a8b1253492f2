/** Dialogs: opened over the page, closed by Escape, gone with the page that opened them. */

import { button, element } from "./dom";

export interface Dialog {
  element: HTMLDialogElement;
  close(): void;
}

/** `title` names the dialog to screen readers too. */
export function openDialog(title: string, content: readonly Node[], signal: AbortSignal | null = null): Dialog {
  const heading = element("h2", { id: "dialog-title" }, title);
  const node = element("dialog", { class: "dialog", "aria-labelledby": "dialog-title" }, element("div", { class: "dialog-body" }, heading, ...content));
  const close = (): void => node.close();
  node.addEventListener("close", () => node.remove());
  // A click beside it closes it: the dialog itself is only hit where its body is not.
  node.addEventListener("click", (event) => event.target === node && close());
  signal?.addEventListener("abort", close);
  document.body.append(node);
  node.showModal();
  return { element: node, close };
}

/** Asks before what cannot be undone. */
export function confirmed(title: string, text: string, verb: string, signal: AbortSignal | null = null): Promise<boolean> {
  return new Promise((resolve) => {
    let sure = false;
    const yes = button(verb, () => ((sure = true), dialog.close()), { class: "danger" });
    const no = button("Keep it", () => dialog.close(), { autofocus: true });
    const dialog = openDialog(title, [element("p", {}, text), element("div", { class: "dialog-actions" }, no, yes)], signal);
    dialog.element.addEventListener("close", () => resolve(sure));
  });
}
