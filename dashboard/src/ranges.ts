/** Long lists of layers in few words. */

import type { LayerRow } from "./shapes";

/**
 * "00 linear", "02 linear", "04 linear", "08 linear" → "00 linear to 04 linear, 08 linear": a run skips no layer of
 * the kinds named, so the activations between linear layers do not break it.
 */
export function layerRanges(layers: readonly string[], network: readonly LayerRow[]): string {
  const kinds = new Set(network.filter((row) => layers.includes(row.layer)).map((row) => row.kind));
  const order = network.filter((row) => kinds.has(row.kind)).map((row) => row.layer);
  const places = layers.map((layer) => order.indexOf(layer)).sort((a, b) => a - b);
  if (places.length < 3 || places[0]! < 0) return layers.join(", ");
  const runs: [number, number][] = [];
  for (const place of places) {
    const last = runs.at(-1);
    if (last && place === last[1] + 1) last[1] = place;
    else runs.push([place, place]);
  }
  return runs.map(([from, to]) => runText(order, from, to)).join(", ");
}

function runText(order: readonly string[], from: number, to: number): string {
  if (from === to) return order[from]!;
  return `${order[from]} ${to === from + 1 ? "and" : "to"} ${order[to]}`;
}
