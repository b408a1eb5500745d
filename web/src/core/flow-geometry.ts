export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** The editor's grid: a node is at least this wide and high. */
export const NODE_W = 100, NODE_H = 30, GRID = 20;

/** Distance of an output from the middle of its node. */
export function portOffset(outputs: number, port: number): number {
  return (port - (outputs - 1) / 2) * 13;
}

const r = (v: number) => Math.round(v * 10) / 10;

/** The editor's wire: one curve to the right, a bend around both ends to the left. */
export function wirePath(x1: number, y1: number, x2: number, y2: number): string {
  const dx = x2 - x1, dy = y2 - y1;
  if (dx > 0) {
    const far = Math.hypot(dx, dy);
    const pull = NODE_W * (far < NODE_W ? 0.75 * far / NODE_W : 0.75);
    return `M${r(x1)} ${r(y1)}C${r(x1 + pull)} ${r(y1)} ${r(x2 - pull)} ${r(y2)} ${r(x2)} ${r(y2)}`;
  }
  const middle = Math.abs(dy) < 20 ? Math.max(y1, y2) + 30 : (y1 + y2) / 2;
  const a = 26;
  return `M${r(x1)} ${r(y1)}C${r(x1 + a)} ${r(y1)} ${r(x1 + a)} ${r(middle)} ${r(x1)} ${
    r(middle)
  }` +
    `L${r(x2)} ${r(middle)}C${r(x2 - a)} ${r(middle)} ${r(x2 - a)} ${r(y2)} ${r(x2)} ${r(y2)}`;
}

export function around(boxes: Iterable<Box>): Box | null {
  let x0 = Infinity, y0 = Infinity, x1 = -Infinity, y1 = -Infinity;
  for (const b of boxes) {
    x0 = Math.min(x0, b.x);
    y0 = Math.min(y0, b.y);
    x1 = Math.max(x1, b.x + b.w);
    y1 = Math.max(y1, b.y + b.h);
  }
  return x0 === Infinity ? null : { x: x0, y: y0, w: x1 - x0, h: y1 - y0 };
}

export function grown(b: Box, by: number): Box {
  return { x: b.x - by, y: b.y - by, w: b.w + 2 * by, h: b.h + 2 * by };
}

export function meets(a: Box, b: Box): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

/** What of a flow is on screen: screen = flow × k + (x, y). */
export interface Camera {
  k: number;
  x: number;
  y: number;
}

export const MIN_ZOOM = 0.04, MAX_ZOOM = 3;
/** Labels of 14 px stay readable down to here. */
export const READABLE = 0.8;

/** The whole box in the window, never larger than life. */
export function fitted(box: Box, width: number, height: number, least = MIN_ZOOM): Camera {
  const k = Math.max(least, Math.min(1, width / box.w, height / box.h));
  const wide = box.w * k > width, high = box.h * k > height;
  return {
    k,
    x: wide ? -box.x * k : (width - box.w * k) / 2 - box.x * k,
    y: high ? -box.y * k : (height - box.h * k) / 2 - box.y * k,
  };
}

/** Zooms by a factor about a point of the screen. */
export function zoomed(c: Camera, factor: number, px: number, py: number): Camera {
  const k = Math.max(MIN_ZOOM, Math.min(MAX_ZOOM, c.k * factor));
  const f = k / c.k;
  return { k, x: px - (px - c.x) * f, y: py - (py - c.y) * f };
}

/** The middle of the box in the middle of the window, at a zoom that can be read. */
export function centred(c: Camera, box: Box, width: number, height: number): Camera {
  const most = Math.min(MAX_ZOOM, (width - 40) / box.w, (height - 40) / box.h);
  const k = Math.min(Math.max(c.k, READABLE), Math.max(most, MIN_ZOOM), 1.4);
  return {
    k,
    x: width / 2 - (box.x + box.w / 2) * k,
    y: height / 2 - (box.y + box.h / 2) * k,
  };
}
