/** JSON as people lay it out: what fits on a line stands on one. */

const WIDTH = 88;
const STEP = "  ";

export function format(value: unknown, indent = "", room = WIDTH - indent.length): string {
  const line = inline(value);
  if (line.length <= room || value === null || typeof value !== "object") return line;
  const inner = indent + STEP;
  if (Array.isArray(value)) return `[\n${value.map((item) => inner + format(item, inner)).join(",\n")}\n${indent}]`;
  const members = Object.entries(value);
  return hugged(members, indent) ?? `{\n${members.map((member) => inner + field(member, inner)).join(",\n")}\n${indent}}`;
}

function field([key, value]: [string, unknown], indent: string): string {
  const name = `${JSON.stringify(key)}: `;
  return name + format(value, indent, WIDTH - indent.length - name.length - 1);
}

/** `{"kind": "repeat", "times": 20, "layers": [` on one line, where a list ends what says what it is. */
function hugged(members: [string, unknown][], indent: string): string | null {
  const last = members.at(-1);
  if (!last || members[0]?.[0] !== "kind" || !Array.isArray(last[1])) return null;
  const head = members.slice(0, -1).map(([key, value]) => `${JSON.stringify(key)}: ${inline(value)}`).join(", ");
  if (head.length > WIDTH / 2) return null;
  return `{${head}, ${JSON.stringify(last[0])}: ${format(last[1], indent, 0)}}`;
}

function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${inline(item)}`).join(", ")}}`;
}
