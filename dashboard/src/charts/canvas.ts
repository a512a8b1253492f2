/** A canvas as sharp as the screen. */

/** Sizes the canvas for the screen's pixels, which empties it, and answers a brush that thinks in CSS pixels. */
export function prepare(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const [across, down] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)];
  const brush = canvas.getContext("2d")!;
  if (canvas.width !== across || canvas.height !== down) {
    canvas.width = across;
    canvas.height = down;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  } else {
    // Setting a size, even the same, takes a new piece of memory: too dear for every frame.
    brush.setTransform(1, 0, 0, 1, 0, 0);
    brush.clearRect(0, 0, across, down);
  }
  brush.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  return brush;
}
