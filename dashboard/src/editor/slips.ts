/** What people write where JSON has a word of its own, or none. */

const INSTEAD: readonly [RegExp, (word: string) => string][] = [
  [/^(True|False)$/, (word) => `JSON writes ${word.toLowerCase()}, not ${word}.`],
  [/^(None|undefined|nil)$/, (word) => `JSON writes null, not ${word}.`],
  [/^[+-]?(NaN|nan|Infinity|inf)$/, () => "NaN and Infinity are refused; write a finite number."],
  [/^(\/\/|\/\*|#)/, () => "JSON has no comments; take this out."],
  [/^['‘’“”`]/, () => "Texts stand in straight double quotes."],
  [/^[+.]\d|^-?\.\d|^-?\d+\.$|^-?0\d/, () => "Write the number in full, like 0.1 or 12."],
  [/^[\]}]$/, (word) => `A value is missing before "${word}".`],
  [/^[,:]$/, (word) => `A value is missing before the "${word}".`],
];

export function wordInstead(word: string): string {
  const slip = INSTEAD.find(([pattern]) => pattern.test(word));
  if (slip) return slip[1](word);
  if (word === "") return "The text ends where a value is missing.";
  return /^[A-Za-z_]/.test(word) ? `Texts stand in double quotes: "${word.replaceAll("\\", "")}".` : "This is no JSON value.";
}
