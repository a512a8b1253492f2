/** Colour tables of 256 entries, packed for a Uint32 view of ImageData (ABGR on the little-endian machines browsers run on). */

type Rgb = readonly [number, number, number];

// Polynomial fit of matplotlib's viridis (M. Zucker, public domain); off by under 1.5 % of a channel.
const VIRIDIS: readonly Rgb[] = [
  [0.2777273272234177, 0.005407344544966578, 0.3340998053353061],
  [0.1050930431085774, 1.404613529898575, 1.384590162594685],
  [-0.3308618287255563, 0.214847559468213, 0.09509516302823659],
  [-4.634230498983486, -5.799100973351585, -19.33244095627987],
  [6.228269936347081, 14.17993336680509, 56.69055260068105],
  [4.776384997670288, -13.74514537774601, -65.35303263337234],
  [-5.435455855934631, 4.645852612178535, 26.3124352495832],
];

// Blue, grey, red with equal lightness on both sides: a sign that colour-blind eyes can read.
const DIVERGING: readonly Rgb[] = [
  [0.09, 0.24, 0.55],
  [0.42, 0.62, 0.84],
  [0.9, 0.9, 0.89],
  [0.93, 0.56, 0.38],
  [0.6, 0.13, 0.12],
];

export type ColorTable = Uint32Array;

export const viridis: ColorTable = table(viridisAt);

export const diverging: ColorTable = table(divergingAt);

export function pack(red: number, green: number, blue: number): number {
  return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
}

/** "#rrggbb", or "#rgb" as a minifier writes it → packed */
export function packHex(hex: string): number {
  const digits = hex.trim().slice(1);
  const value = Number.parseInt(digits.length === 3 ? digits.replace(/./g, "$&$&") : digits, 16);
  return pack(value >> 16, (value >> 8) & 255, value & 255);
}

export function css(packed: number): string {
  return `rgb(${packed & 255} ${(packed >> 8) & 255} ${(packed >> 16) & 255})`;
}

function table(at: (t: number) => Rgb): ColorTable {
  return Uint32Array.from({ length: 256 }, (_, index) => {
    const [red, green, blue] = at(index / 255);
    return pack(byte(red), byte(green), byte(blue));
  });
}

function viridisAt(t: number): Rgb {
  return [0, 1, 2].map((channel) => VIRIDIS.reduceRight((sum, term) => sum * t + term[channel]!, 0)) as unknown as Rgb;
}

function divergingAt(t: number): Rgb {
  const place = t * (DIVERGING.length - 1);
  const left = Math.min(Math.floor(place), DIVERGING.length - 2);
  const [from, to] = [DIVERGING[left]!, DIVERGING[left + 1]!];
  return from.map((value, channel) => value + (place - left) * (to[channel]! - value)) as unknown as Rgb;
}

function byte(value: number): number {
  return Math.round(255 * Math.min(1, Math.max(0, value)));
}
