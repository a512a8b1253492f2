/** The first experiment a visitor can run: twenty sigmoid layers, whose gradients vanish. */

export const EXAMPLE = {
  name: "deep sigmoid MLP",
  network: {
    layers: [
      {
        kind: "repeat", times: 20, layers: [
          { kind: "linear", out_features: 64 },
          { kind: "activation", function: "sigmoid" },
        ],
      },
      { kind: "linear", out_features: 10 },
    ],
    init: { scheme: "xavier", distribution: "normal" },
  },
  data: { source: { kind: "digits" }, normalize: "standard", validation_fraction: 0.2 },
  training: { loss: "cross_entropy", optimizer: { name: "sgd", lr: 0.1 }, batch_size: 128, steps: 300, seed: 0 },
};

export function curl(origin: string, withKey: boolean): string {
  const fields = Object.entries(EXAMPLE).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  const key = withKey ? "  -H 'authorization: Bearer YOUR_KEY' \\\n" : "";
  return `curl -s ${origin}/v1/jobs \\\n  -H 'content-type: application/json' \\\n${key}  -d '{${fields.join(",\n       ")}}'`;
}
