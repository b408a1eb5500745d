export interface Window {
  start: number;
  end: number;
  top: number;
  height: number;
}

/** Which rows of a fixed-height list are on screen. Pure, so that it can be tested without a browser. */
export function windowOf(
  scrollTop: number,
  viewport: number,
  row: number,
  count: number,
  overscan = 8,
): Window {
  const start = Math.max(0, Math.floor(scrollTop / row) - overscan);
  const end = Math.min(count, Math.ceil((scrollTop + viewport) / row) + overscan);
  return { start, end, top: start * row, height: count * row };
}
