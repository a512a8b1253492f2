/** Paths below /ui/ → pages. A page owns `root` until its signal aborts. */

import { markCurrent } from "./nav";

export interface Place {
  /** The path's captured parts, decoded. */
  parts: string[];
  query: URLSearchParams;
}

export type Page = (root: HTMLElement, place: Place, signal: AbortSignal) => void;

export interface Route {
  path: RegExp;
  page: Page;
}

let render = (): void => undefined;

export function startRouter(root: HTMLElement, routes: readonly Route[], otherwise: Page): void {
  let current = new AbortController();
  render = () => {
    current.abort();
    current = new AbortController();
    root.replaceChildren();
    markCurrent(location.pathname);
    const query = new URLSearchParams(location.search);
    for (const { path, page } of routes) {
      const match = path.exec(location.pathname);
      if (match) return page(root, { parts: match.slice(1).map(decodeURIComponent), query }, current.signal);
    }
    otherwise(root, { parts: [], query }, current.signal);
  };
  addEventListener("popstate", () => render());
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || link.target || link.origin !== location.origin || !link.pathname.startsWith("/ui/")) return;
    if (link.hash && link.pathname === location.pathname) return;
    event.preventDefault();
    navigate(link.pathname + link.search);
  });
  render();
}

export function navigate(path: string): void {
  history.pushState(null, "", path);
  render();
  scrollTo(0, 0);
  document.getElementById("main")?.focus({ preventScroll: true });
}

/** Keeps what is selected in the address, so that it can be shared, without a new page. */
export function rememberQuery(values: Record<string, string | null>): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(values)) {
    if (value === null) query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  history.replaceState(null, "", location.pathname + (text ? `?${text}` : ""));
}
