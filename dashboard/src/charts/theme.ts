/** Canvas has no style sheet: this reads the tokens it needs, and says when they change. */

import { packHex } from "../colors";

export interface Theme {
  ink: string;
  muted: string;
  line: string;
  panel: string;
  font: string;
  series: string[];
  zero: number;
  missing: number;
  gap: number;
  nonfinite: [number, number];
}

export function theme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: token("ink"),
    muted: token("muted"),
    line: token("line"),
    panel: token("panel"),
    font: `11px ${token("font")}`,
    series: [token("series-1"), token("series-2"), token("series-3")],
    zero: packHex(token("zero")),
    missing: packHex(token("sunken")),
    gap: packHex(token("panel")),
    nonfinite: [packHex(token("nonfinite")), packHex(token("nonfinite-hatch"))],
  };
}

export function onThemeChange(listener: () => void, signal: AbortSignal): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", listener, { signal });
}
