/** The API key: asked for once when the service answers 401, kept for this tab only. */

import { element } from "./dom";

const SLOT = "gradclinic-key";

let asking: Promise<void> | null = null;

export function authorization(): Record<string, string> {
  const key = sessionStorage.getItem(SLOT);
  return key === null ? {} : { Authorization: `Bearer ${key}` };
}

export function hasKey(): boolean {
  return sessionStorage.getItem(SLOT) !== null;
}

/** Resolves when the user has given a key. Calls that meet a 401 at the same time share one form. */
export function askForKey(): Promise<void> {
  asking ??= ask().finally(() => (asking = null));
  return asking;
}

function ask(): Promise<void> {
  const refused = hasKey();
  const input = element("input", {
    type: "password", id: "api-key", required: true, autocomplete: "off", spellcheck: "false",
  });
  const form = element(
    "form", { class: "key-form" },
    element("h2", {}, "This service needs an API key"),
    element("p", { role: refused ? "alert" : null }, refused
      ? "The service did not accept that key. Please check it and try again."
      : "It is one of the keys the service was started with. It stays in this tab and is forgotten when you close it."),
    element("label", { for: "api-key" }, "API key"),
    input,
    element("button", { type: "submit", class: "primary" }, "Continue"),
  );
  const dialog = element("dialog", { class: "key-dialog", "aria-label": "API key" }, form);
  document.body.append(dialog);
  // Without a key there is nothing behind the form to go back to.
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.showModal();
  return new Promise((resolve) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      sessionStorage.setItem(SLOT, input.value.trim());
      dialog.remove();
      resolve();
    });
  });
}
