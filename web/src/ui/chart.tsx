import { useLayoutEffect, useMemo, useRef, useState } from "react";
import { decimate, linePath, nearest, niceMax, type Point, ticks } from "../core/series.ts";
import { clock, clockSeconds, dateTimeSeconds, number } from "../i18n/format.ts";
import { t } from "../i18n/text.ts";
import { Button } from "./button.tsx";

const LEFT = 44, RIGHT = 12, TOP = 14, BOTTOM = 22, HEIGHT = 168;

interface Props {
  title: string;
  unit: string;
  points: readonly Point[];
  series: 1 | 2;
  /** Drawn as a line; what is over it is drawn as an alarm. */
  limit?: number;
  max?: number;
  digits?: number;
  range: string;
}

/** One quantity over time, with its value at the pointer or by arrow keys, and as a table. */
export function Chart(p: Props) {
  const [table, setTable] = useState(false);
  const [at, setAt] = useState<number | null>(null);
  const fmt = (v: number) => number(v, p.digits ?? 0);
  const i = at === null ? p.points.length - 1 : Math.min(at, p.points.length - 1);
  const here = p.points[i];
  return (
    <section className="panel" aria-label={p.title}>
      <header>
        <h2>{p.title}</h2>
        <span className="grow" />
        {here
          ? (
            <>
              <span className="muted small">
                {at === null ? t("chart.now") : clockSeconds(here.t)}
              </span>
              <span className="value">
                {fmt(here.v)}
                <small>{p.unit}</small>
              </span>
            </>
          )
          : null}
        <Button kind="quiet" pressed={table} onClick={() => setTable(!table)}>
          {t("chart.table")}
        </Button>
      </header>
      {p.points.length < 2
        ? <p className="chart-none muted">{t("chart.none")}</p>
        : table
        ? <Values {...p} fmt={fmt} />
        : <Drawing {...p} fmt={fmt} at={at} setAt={setAt} i={i} />}
    </section>
  );
}

function Values(p: Props & { fmt: (v: number) => string }) {
  const step = Math.max(1, Math.ceil(p.points.length / 60));
  return (
    <div
      className="chart-table"
      tabIndex={0}
      role="region"
      aria-label={t("chart.values", { title: p.title })}
    >
      <table>
        <thead>
          <tr>
            <th scope="col">{t("time")}</th>
            <th scope="col" className="num">{p.unit}</th>
          </tr>
        </thead>
        <tbody>
          {p.points.filter((_, k) => k % step === 0).reverse().map((r) => (
            <tr key={r.t}>
              <td>{dateTimeSeconds(r.t)}</td>
              <td className="num">{p.fmt(r.v)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Drawing(
  p: Props & {
    fmt: (v: number) => string;
    i: number;
    at: number | null;
    setAt: (i: number | null) => void;
  },
) {
  const box = useRef<HTMLDivElement>(null);
  const [w, setW] = useState(560);
  useLayoutEffect(() => {
    const e = box.current;
    if (!e) return;
    const watch = new ResizeObserver(() => setW(Math.max(220, e.clientWidth - 32)));
    watch.observe(e);
    return () => watch.disconnect();
  }, []);
  const { points, limit, i, at, setAt, fmt } = p;
  const t0 = points[0].t, t1 = Math.max(points[points.length - 1].t, t0 + 1);
  const top = points.reduce((m, q) => Math.max(m, q.v), 0);
  const max = p.max ?? niceMax(Math.max(top, limit ?? 0, 1e-6) * 1.05);
  const scale = useMemo(() => ({
    x: (x: number) => LEFT + ((x - t0) / (t1 - t0)) * (w - LEFT - RIGHT),
    y: (v: number) => TOP + (1 - Math.min(v, max) / max) * (HEIGHT - TOP - BOTTOM),
  }), [t0, t1, w, max]);
  const path = useMemo(
    () => linePath(decimate(points, Math.max(10, Math.floor(w - LEFT - RIGHT))), scale),
    [points, scale, w],
  );
  const over = useMemo(() => overPath(points, limit, scale), [points, scale, limit]);
  const q = points[i];
  const far = t1 - t0 > 36 * 3600_000;
  const step = Math.max(1, Math.round(points.length / 60));
  const now = fmt(points[points.length - 1].v);
  return (
    <div className="chart" ref={box}>
      <svg
        viewBox={`0 0 ${w} ${HEIGHT}`}
        role="img"
        tabIndex={0}
        aria-label={t("chart.says", {
          title: p.title,
          range: p.range,
          now: `${now} ${p.unit}`,
          top: `${fmt(top)} ${p.unit}`,
        })}
        onPointerMove={(e) => {
          const r = e.currentTarget.getBoundingClientRect();
          const share = (e.clientX - r.left - LEFT) / (r.width - LEFT - RIGHT);
          setAt(nearest(points, t0 + share * (t1 - t0)));
        }}
        onPointerLeave={() => setAt(null)}
        onKeyDown={(e) => {
          if (e.key === "ArrowLeft") setAt(Math.max(0, i - step));
          else if (e.key === "ArrowRight") setAt(Math.min(points.length - 1, i + step));
          else if (e.key === "Home") setAt(0);
          else if (e.key === "End" || e.key === "Escape") setAt(null);
          else return;
          e.preventDefault();
        }}
      >
        {ticks(max).map((v) => (
          <g key={v}>
            <line className="gridline" x1={LEFT} x2={w - RIGHT} y1={scale.y(v)} y2={scale.y(v)} />
            <text x={LEFT - 8} y={scale.y(v) + 4} textAnchor="end">
              {number(v, Number.isInteger(max / 4) ? 0 : 1)}
            </text>
          </g>
        ))}
        {[0, 1, 2, 3, 4].map((k) => {
          const moment = t0 + ((t1 - t0) * k) / 4;
          return (
            <text
              key={k}
              x={scale.x(moment)}
              y={HEIGHT - 4}
              textAnchor={k === 0 ? "start" : k === 4 ? "end" : "middle"}
            >
              {far ? dateTimeSeconds(moment).slice(0, 6).replace(/[,.]?\s*$/, "") : clock(moment)}
            </text>
          );
        })}
        {limit === undefined ? null : (
          <g>
            <line
              className="limit"
              x1={LEFT}
              x2={w - RIGHT}
              y1={scale.y(limit)}
              y2={scale.y(limit)}
            />
            <text className="limit-label" x={w - RIGHT} y={scale.y(limit) - 5} textAnchor="end">
              {t("chart.limit", { value: `${fmt(limit)} ${p.unit}` })}
            </text>
          </g>
        )}
        <path className={`line series-${p.series}`} d={path} />
        {over ? <path className="over" d={over} /> : null}
        {at === null ? null : (
          <line
            className="cursor"
            x1={scale.x(q.t)}
            x2={scale.x(q.t)}
            y1={TOP}
            y2={HEIGHT - BOTTOM}
          />
        )}
        <circle className={`dot series-${p.series}`} cx={scale.x(q.t)} cy={scale.y(q.v)} r={4.5} />
      </svg>
      <span className="vh" role="status">
        {at === null ? "" : `${clockSeconds(q.t)}: ${fmt(q.v)} ${p.unit}`}
      </span>
    </div>
  );
}

function overPath(
  points: readonly Point[],
  limit: number | undefined,
  scale: { x: (t: number) => number; y: (v: number) => number },
): string {
  if (limit === undefined) return "";
  let d = "";
  let run: Point[] = [];
  for (const q of points) {
    if (q.v > limit) run.push(q);
    else {
      if (run.length > 1) d += linePath(run, scale);
      run = [];
    }
  }
  return run.length > 1 ? d + linePath(run, scale) : d;
}
