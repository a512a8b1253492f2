/** The site's navigation: which of its links leads to where the reader is. */

export function markCurrent(path: string): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>(".masthead nav a")) {
    const here = link.pathname === "/ui/" ? path === "/ui/" || path.startsWith("/ui/jobs/") : path.startsWith(link.pathname);
    if (here) link.setAttribute("aria-current", path === link.pathname ? "page" : "true");
    else link.removeAttribute("aria-current");
  }
}
