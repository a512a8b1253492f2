/** Canvas has no style sheet: this reads the tokens it needs, and says when they change. */

import { packHex } from "../colors";

export interface Theme {
  ink: string;
  muted: string;
  line: string;
  panel: string;
  font: string;
  series: string[];
  good: string;
  alarm: string;
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
    series: ["series-1", "series-2", "series-3", "series-4"].map((name) => longHex(token(name))),
    good: longHex(token("good")),
    alarm: longHex(token("nonfinite")),
    zero: packHex(token("zero")),
    missing: packHex(token("sunken")),
    gap: packHex(token("panel")),
    nonfinite: [packHex(token("nonfinite")), packHex(token("nonfinite-hatch"))],
  };
}

/** "#rgb", as a minifier writes it, → "#rrggbb": an alpha can be put behind it. */
function longHex(hex: string): string {
  return hex.length === 4 ? hex.replace(/[^#]/g, "$&$&") : hex;
}

export function onThemeChange(listener: () => void, signal: AbortSignal): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", listener, { signal });
}
