/** A canvas as sharp as the screen. */

/** Sizes the canvas for the screen's pixels, and answers a brush that thinks in CSS pixels. */
export function prepare(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  canvas.width = Math.round(width * devicePixelRatio);
  canvas.height = Math.round(height * devicePixelRatio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const brush = canvas.getContext("2d")!;
  brush.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  return brush;
}
