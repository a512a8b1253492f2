/** The first experiment a visitor can run: twenty sigmoid layers, whose gradients vanish. */

import TEXT from "../../examples/deep-sigmoid.json?raw";

export const EXAMPLE = JSON.parse(TEXT) as Record<string, unknown>;

export function curl(origin: string, withKey: boolean): string {
  const fields = Object.entries(EXAMPLE).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  const key = withKey ? "  -H 'authorization: Bearer YOUR_KEY' \\\n" : "";
  return `curl -s ${origin}/v1/jobs \\\n  -H 'content-type: application/json' \\\n${key}  -d '{${fields.join(",\n       ")}}'`;
}
