import { useEffect, useMemo, useRef, useState } from "react";
import type { ComparedNode, Comparison, MatchBy } from "../api/types.ts";
import { around, type Box } from "../core/flow-geometry.ts";
import {
  type ContainerEntry,
  entriesOf,
  GLOBAL,
  keyOf,
  marksOf,
  type Side as End,
  stepped,
} from "../core/flow-marks.ts";
import { type FlowModel, titleIn } from "../core/flow-model.ts";
import { overlayOf, type Scene, sceneOf } from "../core/flow-scene.ts";
import { type FlowView, lookTogether } from "../core/flow-view.ts";
import { withQuery } from "../core/router.ts";
import { number } from "../i18n/format.ts";
import { t, tn } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Toolbar } from "../ui/list.tsx";
import { navigate, navigation, useLocation } from "../ui/navigation.ts";
import { PageHead } from "../ui/page-head.tsx";
import { problemText } from "../ui/problem.tsx";
import { Empty, Failed, Loading } from "../ui/states.tsx";
import { Beside } from "./beside.tsx";
import { CHANGES, ChangeTag } from "./change.tsx";
import { Difference, nameOf, type Names } from "./difference.tsx";
import { DrawingTools, FlowDrawing } from "./drawing.tsx";
import { Entries, labelOf } from "./entries.tsx";
import { PickSide } from "./pick-side.tsx";
import { SideCard } from "./side-card.tsx";
import { type Flows, parseSide, sideText, useComparison, useFlows } from "./sides.ts";

function put(change: Record<string, string | null>): void {
  navigate(withQuery(navigation.get().at, change), "replace");
}

/** Two states of flows beside each other, everything in the address. */
export function ComparePage() {
  const at = useLocation();
  const from = parseSide(at.query.get("from") ?? "");
  const to = parseSide(at.query.get("to") ?? "");
  const asked = at.query.get("match");
  const match: MatchBy = asked === "id" || asked === "name" ? asked : "auto";
  // With one side only, it is compared with itself: that tells what it is.
  const compared = useComparison(from ?? to, to ?? from, match);
  const [picking, setPicking] = useState<End | null>(null);
  const { data, error } = compared;
  // Which side is to blame, and what the other one is, each side tells by itself.
  const own = {
    from: useComparison(error ? from : null, error ? from : null, "id"),
    to: useComparison(error ? to : null, error ? to : null, "id"),
  };
  const lost = (end: End) => {
    if (compared.lost[end]) return t("compare.fileLost");
    const alone = own[end].error;
    return alone ? problemText(alone) : null;
  };
  const seen = (end: End) =>
    (end === "from" ? from : to) ? (data ?? own[end].data)?.[end] ?? null : null;
  const named = lost("from") !== null || lost("to") !== null;
  const swap = () =>
    put({
      from: at.query.get("to"),
      to: at.query.get("from"),
      change: null,
      tab: null,
    });
  return (
    <div className="page is-wide">
      <PageHead title={t("compare.title")} note={t("compare.noteText")} />
      <div className="sides">
        <SideCard
          which="from"
          picked={from}
          side={seen("from")}
          error={lost("from")}
          onPick={() => setPicking("from")}
        />
        <Button icon="arrow-left-right" label={t("compare.swap")} onClick={swap} />
        <SideCard
          which="to"
          picked={to}
          side={seen("to")}
          error={lost("to")}
          onPick={() => setPicking("to")}
        />
      </div>
      {data && from && to
        ? (
          <Found
            key={`${at.query.get("from")} ${at.query.get("to")}`}
            comparison={data}
            from={from}
            to={to}
            match={match}
          />
        )
        : error && !named && !own.from.loading && !own.to.loading
        ? (
          <section className="panel">
            <Failed error={error} retry={compared.reload} />
          </section>
        )
        : compared.loading || error && !named
        ? (
          <section className="panel">
            <Loading rows={6} />
          </section>
        )
        : (
          <section className="panel">
            <Empty icon="intersect" title={t("compare.pickTitle")}>{t("compare.pickText")}</Empty>
          </section>
        )}
      {picking
        ? (
          <PickSide
            which={picking}
            instance={data?.[picking === "from" ? "to" : "from"].instanceId ??
              data?.[picking].instanceId ?? null}
            onClose={() => setPicking(null)}
            onPick={(side) => {
              setPicking(null);
              put({ [picking]: sideText(side), change: null, tab: null });
            }}
          />
        )
        : null}
    </div>
  );
}

/** Two columns only where each is wide enough to be read. */
function useWide(): boolean {
  const query = useMemo(() => matchMedia("(min-width: 1180px)"), []);
  const [wide, setWide] = useState(query.matches);
  useEffect(() => {
    const change = () => setWide(query.matches);
    query.addEventListener("change", change);
    return () => query.removeEventListener("change", change);
  }, [query]);
  return wide;
}

function Found(
  p: {
    comparison: Comparison;
    from: ReturnType<typeof parseSide>;
    to: ReturnType<typeof parseSide>;
    match: MatchBy;
  },
) {
  const { comparison } = p;
  const at = useLocation();
  const earlier = useFlows(p.from, comparison.from.flowsUrl);
  const later = useFlows(p.to, comparison.to.flowsUrl);
  const hideMoves = at.query.get("moves") === "hide";
  const wide = useWide();
  const asked = at.query.get("view");
  const together = asked === "together" || asked !== "beside" && !wide;
  const entries = useMemo(
    () => entriesOf(comparison, (n) => placeOf(n, earlier.model, later.model), hideMoves),
    [comparison, earlier.model, later.model, hideMoves],
  );
  const order = useMemo(
    () => entries.flatMap((e) => e.nodes.map((n) => ({ entry: e.key, node: n, key: keyOf(n) }))),
    [entries],
  );
  const selected = at.query.get("change");
  const picked = order.find((o) => o.key === selected) ?? null;
  const wanted = at.query.get("tab");
  const entry = entries.find((e) => e.key === wanted) ??
    entries.find((e) => e.nodes.length > 0) ?? entries[0] ?? null;
  /** What the drawing is to be brought to; a click in it brings it nowhere. */
  const [focus, setFocus] = useState<{ key: string } | null>(
    () => selected === null ? null : { key: selected },
  );
  const select = (tab: string, key: string) => {
    put({ tab, change: key });
    setFocus({ key });
  };
  const step = (by: 1 | -1) => {
    const next = stepped(order.map((o) => o.key), picked?.key ?? null, by);
    const found = order.find((o) => o.key === next);
    if (found) select(found.entry, found.key);
  };
  useStepKeys(step);
  const names = useMemo<Names>(() => {
    const model = (end: End) => end === "from" ? earlier.model : later.model;
    return {
      node: (end, id) => {
        const of = model(end), raw = of?.byId.get(id);
        return of && raw ? titleIn(of, raw) : id;
      },
      container: (end, id) => model(end)?.byContainer.get(id)?.label ?? id,
    };
  }, [earlier.model, later.model]);
  if (
    comparison.identical && comparison.modules.length + comparison.environment.length === 0
  ) {
    return (
      <section className="panel">
        <Empty icon="check2-circle" title={t("compare.identical")}>
          {tn("compare.identicalText", comparison.to.nodes)}
        </Empty>
      </section>
    );
  }
  const index = picked ? order.indexOf(picked) + 1 : 0;
  return (
    <>
      <Toolbar label={t("compare.tools")}>
        <ul className="legend" aria-label={t("compare.summary")}>
          {CHANGES.map((c) => (
            <li key={c}>
              <ChangeTag change={c} /> {number(comparison.summary[c])}
            </li>
          ))}
          <li className="muted">{tn("count.unchanged", comparison.summary.unchanged)}</li>
        </ul>
        <span className="grow" />
        <Button
          pressed={p.match === "name" || comparison.matchedBy === "name"}
          onClick={() =>
            put({
              match: comparison.matchedBy === "name" ? "id" : "name",
              change: null,
              tab: null,
            })}
        >
          {t("compare.byName")}
        </Button>
        <Button
          pressed={hideMoves}
          onClick={() => put({ moves: hideMoves ? null : "hide" })}
        >
          {t("compare.hideMoves")}
        </Button>
        <div className="segments" role="group" aria-label={t("compare.view")}>
          <Button pressed={!together} icon="layout-split" onClick={() => put({ view: "beside" })}>
            {t("compare.beside")}
          </Button>
          <Button pressed={together} icon="intersect" onClick={() => put({ view: "together" })}>
            {t("compare.together")}
          </Button>
        </div>
      </Toolbar>
      {comparison.matchedBy === "name" && p.match === "auto"
        ? <p className="detail" role="status">{t("compare.matchedByName")}</p>
        : null}
      {comparison.warnings.map((w) => <p key={w} className="detail is-warning" role="status">{w}
      </p>)}
      <div className={picked || entry?.key === GLOBAL ? "compare has-detail" : "compare"}>
        <section className="panel compare-list" aria-label={t("compare.differences")}>
          <header>
            <h2>{t("compare.differences")}</h2>
            <span className="grow" />
            <span className="muted small nowrap" role="status">
              {index ? t("compare.position", { n: index, m: order.length }) : number(order.length)}
            </span>
            <Button
              kind="quiet"
              icon="arrow-up"
              label={t("compare.previous")}
              onClick={() => step(-1)}
            />
            <Button
              kind="quiet"
              icon="arrow-down"
              label={t("compare.next")}
              onClick={() => step(1)}
            />
          </header>
          <Entries
            entries={entries}
            open={entry?.key ?? null}
            selected={selected}
            onOpen={(key) => put({ tab: key, change: null })}
            onSelect={select}
          />
        </section>
        {entry
          ? entry.key === GLOBAL
            ? (
              <section
                className="panel compare-config"
                aria-label={t("compare.kind.global")}
              >
                <header>
                  <h2>{t("compare.kind.global")}</h2>
                </header>
                <div
                  className="compare-scroll"
                  tabIndex={0}
                  role="group"
                  aria-label={labelOf(entry)}
                >
                  {entry.nodes.length
                    ? entry.nodes.map((n) => (
                      <Difference key={keyOf(n)} node={n} names={names} level={3} />
                    ))
                    : <p className="muted pad">{t("compare.same")}</p>}
                </div>
              </section>
            )
            : (
              <Drawings
                comparison={comparison}
                entry={entry}
                earlier={earlier}
                later={later}
                together={together}
                hideMoves={hideMoves}
                selected={selected}
                focus={focus}
                onSelect={(key) => {
                  if (key === null) return put({ change: null });
                  if (order.some((o) => o.key === key)) put({ change: key, tab: entry.key });
                }}
              />
            )
          : null}
        {picked && entry?.key !== GLOBAL
          ? (
            <section className="panel compare-detail" aria-label={nameOf(picked.node)}>
              <Difference node={picked.node} names={names} level={2} />
            </section>
          )
          : entry && entry.key !== GLOBAL
          ? <p className="muted">{t("compare.hint")}</p>
          : null}
      </div>
      <Beside comparison={comparison} />
    </>
  );
}

function placeOf(n: ComparedNode, from: FlowModel | null, to: FlowModel | null) {
  const raw = (n.toId !== undefined ? to?.byId.get(n.toId) : undefined) ??
    (n.fromId !== undefined ? from?.byId.get(n.fromId) : undefined);
  return raw && typeof raw.x === "number" && typeof raw.y === "number"
    ? { x: raw.x, y: raw.y }
    : null;
}

/** n and p, unless somebody writes or a dialog is open. */
function useStepKeys(step: (by: 1 | -1) => void): void {
  const latest = useRef(step);
  latest.current = step;
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented) return;
      if (e.target instanceof Element && e.target.closest("input, textarea, select, dialog")) {
        return;
      }
      if (e.key === "n") latest.current(1);
      else if (e.key === "p") latest.current(-1);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}

function Drawings(
  p: {
    comparison: Comparison;
    entry: ContainerEntry;
    earlier: Flows;
    later: Flows;
    together: boolean;
    hideMoves: boolean;
    selected: string | null;
    focus: { key: string } | null;
    onSelect: (key: string | null) => void;
  },
) {
  const { comparison, entry, hideMoves } = p;
  const views = useRef<{ from: FlowView | null; to: FlowView | null }>({ from: null, to: null });
  const old = containerOf(p.earlier, entry.fromId), now = containerOf(p.later, entry.toId);
  const ready = p.earlier.model !== null && p.later.model !== null;
  const scenes = useMemo(() => {
    if (!ready) return null;
    if (p.together) {
      const both = old || now ? overlayOf(old, now, comparison, hideMoves) : null;
      return { from: null, to: both };
    }
    return {
      from: old ? sceneOf(old, marksOf(comparison, "from", hideMoves), !now) : null,
      to: now ? sceneOf(now, marksOf(comparison, "to", hideMoves), !old) : null,
    };
  }, [ready, old, now, comparison, hideMoves, p.together]);
  const frame = useMemo(
    () => around([scenes?.from, scenes?.to].flatMap((s) => s ? [s.box] : [])) ?? undefined,
    [scenes],
  );
  const hold = (end: End) => (view: FlowView | null) => {
    views.current[end] = view;
    const { from, to } = views.current;
    if (from) from.peer = to;
    if (to) to.peer = from;
  };
  useEffect(() => {
    const { from, to } = views.current;
    const key = p.focus?.key;
    if (!key || !scenes) return;
    if (from && to) lookTogether(from, to, key);
    else (to ?? from)?.focus(key);
  }, [p.focus, scenes, entry.key]);
  const view = () => views.current.to ?? views.current.from;
  const error = p.earlier.error ?? p.later.error;
  const pane = (end: End, scene: Scene | null) => (
    <Pane
      key={p.together ? "both" : end}
      title={p.together ? t("compare.together") : t(end === "from" ? "compare.from" : "compare.to")}
      side={p.together ? "" : comparison[end].label}
      change={entry.change === "added" || entry.change === "removed" ? entry.change : null}
      tab={labelOf(entry)}
      scene={scene}
      frame={frame}
      start={`${entry.key} ${p.together}`}
      selected={p.selected}
      onSelect={p.onSelect}
      hold={hold(end)}
    />
  );
  return (
    <section className="panel compare-draw" aria-label={t("flow.drawings")}>
      <header>
        <h2>{labelOf(entry)}</h2>
        <span className="grow" />
        <DrawingTools view={view} />
      </header>
      {error
        ? <Failed error={error} retry={p.earlier.error ? p.earlier.reload : p.later.reload} />
        : !scenes
        ? <Loading rows={6} />
        : p.together
        ? <div className="panes">{pane("to", scenes.to)}</div>
        : (
          <div className="panes is-two">
            {pane("from", scenes.from)}
            {pane("to", scenes.to)}
          </div>
        )}
    </section>
  );
}

function containerOf(flows: Flows, id: string | undefined) {
  return id === undefined ? null : flows.model?.byContainer.get(id) ?? null;
}

function Pane(
  p: {
    title: string;
    side: string;
    /** All of it is new or gone. */
    change: "added" | "removed" | null;
    tab: string;
    scene: Scene | null;
    frame: Box | undefined;
    start: string;
    selected: string | null;
    onSelect: (key: string | null) => void;
    hold: (view: FlowView | null) => void;
  },
) {
  return (
    <div className="pane">
      {p.side || p.change
        ? (
          <p className="pane-title">
            {p.side ? <strong>{p.title}</strong> : null} {p.side}{" "}
            {p.change && p.scene ? <ChangeTag change={p.change} /> : null}
          </p>
        )
        : null}
      {p.scene
        ? (
          <FlowDrawing
            scene={p.scene}
            frame={p.frame}
            start={p.start}
            label={`${p.title}: ${t("flow.drawing", { name: p.tab })}`}
            selected={p.selected}
            onSelect={p.onSelect}
            hold={p.hold}
          />
        )
        : <p className="pane-none muted">{t("compare.notHere")}</p>}
    </div>
  );
}
