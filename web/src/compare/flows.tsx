import { useMemo, useRef } from "react";
import type { Instance, Snapshot, Version } from "../api/types.ts";
import { useLoad } from "../api/use.ts";
import { useCrumb } from "../app/crumbs.ts";
import { GLOBAL } from "../core/flow-marks.ts";
import { type FlowModel, type RawNode, titleIn } from "../core/flow-model.ts";
import { sceneOf } from "../core/flow-scene.ts";
import type { FlowView } from "../core/flow-view.ts";
import { withQuery } from "../core/router.ts";
import { t, tn } from "../i18n/text.ts";
import { LinkButton } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { navigate, navigation, useLocation } from "../ui/navigation.ts";
import { PageHead } from "../ui/page-head.tsx";
import { Empty, Failed, Loading } from "../ui/states.tsx";
import { DrawingTools, FlowDrawing } from "./drawing.tsx";
import { useFlows } from "./sides.ts";

/** The flows of a snapshot, only to be looked at. */
export function SnapshotFlows({ id }: { id: string }) {
  const snapshot = useLoad<Snapshot>(`snapshots/${id}`);
  useCrumb(id, snapshot.data?.name);
  return (
    <FlowsPage
      title={snapshot.data?.name ?? t("snapshot")}
      side={{ kind: "snapshot", id }}
      url={`/api/v1/snapshots/${id}/flows`}
    />
  );
}

/** The flows of a version of an instance. */
export function VersionFlows({ instance, version }: { instance: string; version: string }) {
  const i = useLoad<Instance>(`instances/${instance}`);
  const v = useLoad<Version>(`instances/${instance}/versions/${version}`);
  useCrumb(instance, i.data?.name);
  useCrumb(version, v.data ? t("flow.version", { n: v.data.number }) : undefined);
  return (
    <FlowsPage
      title={i.data && v.data
        ? `${i.data.name}, ${t("flow.version", { n: v.data.number })}`
        : t("flow.title")}
      side={{ kind: "version", id: version }}
      url={`/api/v1/instances/${instance}/versions/${version}/flows`}
    />
  );
}

function FlowsPage(
  p: { title: string; side: { kind: "snapshot" | "version"; id: string }; url: string },
) {
  const flows = useFlows(p.side, p.url);
  return (
    <div className="page is-wide">
      <PageHead title={p.title} tab={t("flow.title")} note={t("flow.note")}>
        <LinkButton icon="intersect" href={`/compare?to=${p.side.kind}:${p.side.id}`}>
          {t("compare.with")}
        </LinkButton>
      </PageHead>
      {flows.model ? <FlowsView model={flows.model} /> : (
        <section className="panel">
          {flows.error ? <Failed error={flows.error} retry={flows.reload} /> : <Loading rows={6} />}
        </section>
      )}
    </div>
  );
}

function put(change: Record<string, string | null>): void {
  navigate(withQuery(navigation.get().at, change), "replace");
}

/** Every tab and subflow drawn, every node with its properties; nothing can be changed. */
export function FlowsView({ model }: { model: FlowModel }) {
  const at = useLocation();
  const view = useRef<FlowView | null>(null);
  const wanted = at.query.get("tab"), selected = at.query.get("node");
  const container = wanted === GLOBAL
    ? null
    : model.byContainer.get(wanted ?? "") ?? model.containers[0] ?? null;
  const scene = useMemo(() => container ? sceneOf(container) : null, [container]);
  const open = container?.id ?? GLOBAL;
  const inside: RawNode[] = container
    ? [
      ...container.groups.map((g) => g.raw),
      ...container.nodes.map((n) => n.raw),
      ...container.config,
    ]
    : model.config;
  const picked = selected === null ? undefined : model.byId.get(selected);
  if (model.containers.length + model.config.length === 0) {
    return (
      <section className="panel">
        <Empty icon="diagram-3" title={t("flow.nothing")}>{t("flow.nothingText")}</Empty>
      </section>
    );
  }
  return (
    <div className={picked ? "compare is-view has-detail" : "compare is-view"}>
      <section className="panel compare-list" aria-label={t("flow.parts")}>
        <header>
          <h2>{t("flow.parts")}</h2>
        </header>
        <ul className="entries">
          {model.containers.map((c) => (
            <li key={c.id}>
              <button
                type="button"
                className="entry"
                aria-expanded={open === c.id}
                onClick={() => put({ tab: c.id, node: null })}
              >
                <Icon name={c.kind === "tab" ? "window" : "diagram-2"} />
                <span className="entry-name">{c.label}</span>
                {c.disabled ? <span className="tag">{t("flow.disabled")}</span> : null}
                <span className="muted small">{tn("compare.nodes", c.nodes.length)}</span>
              </button>
              {open === c.id
                ? <Nodes model={model} nodes={inside} selected={selected} view={view} />
                : null}
            </li>
          ))}
          <li>
            <button
              type="button"
              className="entry"
              aria-expanded={open === GLOBAL}
              onClick={() => put({ tab: GLOBAL, node: null })}
            >
              <Icon name="gear" />
              <span className="entry-name">{t("compare.kind.global")}</span>
              <span className="muted small">{tn("compare.nodes", model.config.length)}</span>
            </button>
            {open === GLOBAL
              ? <Nodes model={model} nodes={inside} selected={selected} view={view} />
              : null}
          </li>
        </ul>
      </section>
      {container && scene
        ? (
          <section className="panel compare-draw" aria-label={t("flow.drawings")}>
            <header>
              <h2>{container.label}</h2>
              <span className="grow" />
              <DrawingTools view={() => view.current} />
            </header>
            <div className="panes">
              <div className="pane">
                <FlowDrawing
                  scene={scene}
                  start={container.id}
                  label={t("flow.drawing", { name: container.label })}
                  selected={selected}
                  onSelect={(key) => put({ node: key })}
                  hold={(v) => view.current = v}
                />
              </div>
            </div>
          </section>
        )
        : null}
      {picked
        ? (
          <section className="panel compare-detail" aria-label={titleIn(model, picked)}>
            <Properties node={picked} title={titleIn(model, picked)} />
          </section>
        )
        : <p className="muted">{t("flow.hint")}</p>}
    </div>
  );
}

function Nodes(
  p: {
    model: FlowModel;
    nodes: RawNode[];
    selected: string | null;
    view: { current: FlowView | null };
  },
) {
  if (p.nodes.length === 0) return <p className="muted no-changes">{t("flow.empty")}</p>;
  return (
    <ul className="changes">
      {p.nodes.slice(0, 500).map((n) => (
        <li key={n.id}>
          <button
            type="button"
            aria-current={p.selected === n.id}
            onClick={() => {
              put({ node: n.id });
              p.view.current?.focus(n.id);
            }}
          >
            <span className="entry-name">{titleIn(p.model, n)}</span>
            <span className="muted">{n.type}</span>
          </button>
        </li>
      ))}
      {p.nodes.length > 500
        ? <li className="muted no-changes">{tn("flow.more", p.nodes.length - 500)}</li>
        : null}
    </ul>
  );
}

const PLACE = new Set(["id", "z", "x", "y", "w", "h", "g", "wires", "type", "nodes"]);

function Properties({ node, title }: { node: RawNode; title: string }) {
  const rows = Object.entries(node).filter(([key]) => !PLACE.has(key));
  return (
    <article className="difference">
      <header>
        <h2>{title}</h2>
        <span className="muted">{node.type}</span>
        <span className="grow" />
        <code className="muted">{node.id}</code>
      </header>
      <div className="difference-body">
        {rows.length === 0 ? <p className="muted">{t("flow.noProperties")}</p> : null}
        {rows.map(([key, value]) => {
          const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
          return (
            <div key={key} className="property">
              <h3>
                <code>{key}</code>
              </h3>
              <pre
                className="property-text"
                tabIndex={text.length > 400 ? 0 : undefined}
              >{text || " "}</pre>
            </div>
          );
        })}
      </div>
    </article>
  );
}
