/** Server-sent events read from a fetch stream: unlike EventSource it tells why a stream was refused (401, 204, 503). */

export interface Message {
  id: string | null;
  event: string;
  data: string;
}

/** Parses the wire format of the HTML standard §9.2: any line ending, comments dropped, data lines joined. */
export async function* messages(stream: ReadableStream<Uint8Array>): AsyncGenerator<Message> {
  let id: string | null = null;
  let event = "message";
  let data: string[] = [];
  for await (const line of lines(stream)) {
    if (line === "") {
      if (data.length > 0) yield { id, event, data: data.join("\n") };
      event = "message";
      data = [];
      continue;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "id") id = value;
    else if (field === "event") event = value;
    else if (field === "data") data.push(value);
  }
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += decoder.decode(value, { stream: true });
      // A "\r" at the very end may be the first half of "\r\n": it waits for the next piece.
      const parts = rest.split(/\r\n|\n|\r(?!$)/);
      rest = parts.pop() ?? "";
      yield* parts;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
