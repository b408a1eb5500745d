export interface Point {
  t: number;
  v: number;
}
export interface Scale {
  x: (t: number) => number;
  y: (v: number) => number;
}

export function niceMax(v: number): number {
  const p = Math.pow(10, Math.floor(Math.log10(Math.max(v, 1e-9))));
  for (const m of [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 5, 6, 8, 10]) if (v <= m * p) return m * p;
  return 10 * p;
}
export function ticks(max: number, n = 4): number[] {
  return Array.from({ length: n + 1 }, (_, i) => (max * i) / n);
}

/** Min/max per pixel column: the picture of the whole series at a bounded number of points. */
export function decimate(p: readonly Point[], columns: number): Point[] {
  if (p.length <= columns * 2) return [...p];
  const out: Point[] = [];
  const step = p.length / columns;
  for (let c = 0; c < columns; c++) {
    const a = Math.floor(c * step), b = Math.min(p.length, Math.floor((c + 1) * step));
    let lo = a, hi = a;
    for (let i = a; i < b; i++) {
      if (p[i].v < p[lo].v) lo = i;
      if (p[i].v > p[hi].v) hi = i;
    }
    if (lo <= hi) {
      out.push(p[lo]);
      if (hi !== lo) out.push(p[hi]);
    } else out.push(p[hi], p[lo]);
  }
  return out;
}
export function linePath(p: readonly Point[], s: Scale): string {
  let d = "";
  for (let i = 0; i < p.length; i++) {
    d += `${i ? "L" : "M"}${s.x(p[i].t).toFixed(1)} ${s.y(p[i].v).toFixed(1)}`;
  }
  return d;
}
export function nearest(p: readonly Point[], t: number): number {
  let lo = 0, hi = p.length - 1;
  while (hi - lo > 1) {
    const m = (lo + hi) >> 1;
    if (p[m].t < t) lo = m;
    else hi = m;
  }
  return p.length === 0 ? -1 : t - p[lo].t < p[hi].t - t ? lo : hi;
}
