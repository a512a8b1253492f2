/** The experiments of examples/, with what its README says of them, taken in when the dashboard is built. */

import README from "../../examples/README.md?raw";

export interface Example {
  /** The name of its file. */
  name: string;
  title: string;
  /** As it is laid out in its file. */
  text: string;
}

export interface Family {
  /** What the sick one shows, and what cures it. */
  sentence: string;
  examples: Example[];
}

const FILES = import.meta.glob<string>("../../examples/*.json", { query: "?raw", import: "default", eager: true });

export const EXAMPLES: readonly Example[] = Object.entries(FILES).map(([path, text]) => ({
  name: path.replace(/^.*\/|\.json$/g, ""), title: (JSON.parse(text) as { name: string }).name, text: text.trim(),
}));

/** A paragraph of the README that begins with bold names, with the examples it names, the sick one first. */
export const FAMILIES: readonly Family[] = README.split(/\n{2,}/).flatMap((paragraph) => {
  const [head = "", sentence = ""] = paragraph.trim().split(/(?<=\*\*):\s+/);
  const names = [...head.matchAll(/\*\*([\w-]+)\*\*/g)].map((match) => match[1]);
  const examples = names.flatMap((name) => EXAMPLES.find((example) => example.name === name) ?? []);
  return examples.length > 0 ? [{ sentence: plain(sentence), examples }] : [];
});

export function exampleCalled(name: string | null): Example | undefined {
  return EXAMPLES.find((example) => example.name === name);
}

function plain(markdown: string): string {
  const text = markdown.replaceAll(/\s+/g, " ").replaceAll("`", "");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
