/** When work is done: sleeping, and repeating without piling up. */

export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}

/**
 * A trigger for `work`: never two at once, starts at least `gap` ms apart, and the last trigger is never lost.
 * `work` handles its own errors.
 */
export function paced(work: () => Promise<void>, gap: number, signal: AbortSignal): () => void {
  let wanted = false;
  let busy = false;
  const loop = async (): Promise<void> => {
    busy = true;
    while (wanted && !signal.aborted) {
      wanted = false;
      await Promise.all([work(), sleep(gap, signal)]);
    }
    busy = false;
  };
  return () => {
    wanted = true;
    if (!busy) void loop();
  };
}
