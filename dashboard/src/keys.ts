/**
 * Shortcuts of one key. A page says which it has, and for how long; "?" shows all there are. They never fire while
 * somebody types, chooses from a list, answers a dialog, or holds a modifier that belongs to the browser.
 */

import { openDialog } from "./dialog";
import { button, element, fill } from "./dom";

export interface Shortcut {
  /** As `KeyboardEvent.key` names them. */
  keys: readonly string[];
  says: string;
  /** Without it the keys are only explained: a part of the page listens to them by itself. False lets the browser have the key. */
  run?: (event: KeyboardEvent) => boolean | void;
}

interface Group {
  title: string;
  shortcuts: readonly Shortcut[];
}

const TYPED = new Set(["text", "search", "email", "url", "number", "password", "date", "time", "datetime-local", "month", "week", "tel"]);
const NAMES: Record<string, string> = {
  ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc", PageUp: "Page ↑", PageDown: "Page ↓", " ": "Space",
};

const groups: Group[] = [{ title: "Everywhere", shortcuts: [{ keys: ["?"], says: "Show this help", run: showHelp }] }];

/** Listens for the shortcuts of every page. `opener` is a button that shows the help as well. */
export function startKeys(opener: HTMLElement | null): void {
  document.addEventListener("keydown", dispatch);
  opener?.addEventListener("click", showHelp);
}

/** Adds a page's shortcuts until it is left. */
export function useShortcuts(title: string, shortcuts: readonly Shortcut[], signal: AbortSignal): void {
  const group = { title, shortcuts };
  groups.push(group);
  signal.addEventListener("abort", () => void groups.splice(groups.indexOf(group), 1), { once: true });
}

export function isTyping(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return TYPED.has(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
    || (target instanceof HTMLElement && target.isContentEditable);
}

function dispatch(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
  for (const group of groups.toReversed()) {
    const found = group.shortcuts.find((shortcut) => shortcut.run && shortcut.keys.includes(event.key));
    if (!found) continue;
    if (found.run!(event) !== false) event.preventDefault();
    return;
  }
}

function showHelp(): void {
  const close = button("Close", () => dialog.close());
  const dialog = openDialog("Keyboard shortcuts", [...groups.toReversed().map(section), element("div", { class: "dialog-actions" }, close)]);
}

function section({ title, shortcuts }: Group): HTMLElement {
  const list = element("dl", { class: "help-keys" });
  fill(list, ...shortcuts.flatMap(({ keys, says }) => [
    element("dt", {}, ...keys.map((key) => element("kbd", {}, NAMES[key] ?? key))),
    element("dd", {}, says),
  ]));
  return element("section", {}, element("h3", {}, title), list);
}
