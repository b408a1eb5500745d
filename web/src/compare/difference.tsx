import { Fragment } from "react";
import type {
  Change,
  ComparedLine,
  ComparedNode,
  ComparedProperty,
  ComparedWire,
} from "../api/types.ts";
import { SIGN } from "../core/flow-marks.ts";
import { t, tn, word } from "../i18n/text.ts";
import { ChangeTag } from "./change.tsx";

/** Names of nodes and containers by side, as the flows of that side have them. */
export interface Names {
  node: (side: "from" | "to", id: string) => string;
  container: (side: "from" | "to", id: string) => string;
}

export function nameOf(n: ComparedNode): string {
  if (n.name) return n.name;
  if (n.kind === "group") return t("compare.group");
  if (n.kind === "instance") return t("compare.subflow");
  return n.type;
}

/** Everything that differs in one node, in words. */
export function Difference({ node, names, level }: {
  node: ComparedNode;
  names: Names;
  level: 2 | 3;
}) {
  const Heading = level === 2 ? "h2" : "h3", heading = level === 2 ? "h3" : "h4";
  const moved = node.isMoved && node.fromContainer !== node.toContainer &&
    node.fromContainer !== undefined && node.toContainer !== undefined;
  const rows = node.properties;
  return (
    <article className="difference">
      <header>
        <ChangeTag change={node.change} />
        <Heading>{nameOf(node)}</Heading>
        <span className="muted">
          {node.kind === "node" || node.kind === "config"
            ? node.type
            : t(`compare.kind.${node.kind}`)}
        </span>
      </header>
      <div className="difference-body">
        {node.change === "added" ? <p>{t("compare.onlyTo")}</p> : null}
        {node.change === "removed" ? <p>{t("compare.onlyFrom")}</p> : null}
        {moved
          ? (
            <p>
              {t("compare.movedTab", {
                from: names.container("from", node.fromContainer!),
                to: names.container("to", node.toContainer!),
              })}
            </p>
          )
          : node.isMoved
          ? <p>{t("compare.movedPlace")}</p>
          : null}
        {node.credentials ? <p>{t(`compare.credentials.${node.credentials}`)}</p> : null}
        {rows.map((r) => (
          <Property key={r.path} property={r} change={node.change} heading={heading} />
        ))}
        <Wires node={node} names={names} heading={heading} />
        {rows.length === 0 && !node.isMoved && !node.credentials && node.change === "changed" &&
            node.wires.added.length + node.wires.removed.length === 0
          ? <p className="muted">{t("compare.nothingMore")}</p>
          : null}
      </div>
    </article>
  );
}

type Below = "h3" | "h4";

function Property(
  { property, change, heading: Heading }: {
    property: ComparedProperty;
    change: Change;
    heading: Below;
  },
) {
  const { path, lines } = property;
  return (
    <div className="property">
      <Heading>
        <code>{path}</code>
      </Heading>
      {lines ? <Code lines={lines} path={path} /> : (
        <dl className="before-after">
          {change === "added" ? null : <Value side="from" value={property.from} />}
          {change === "removed" ? null : <Value side="to" value={property.to} />}
        </dl>
      )}
    </div>
  );
}

function Value({ side, value }: { side: "from" | "to"; value: unknown }) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return (
    <div className={side === "from" ? "is-from" : "is-to"}>
      <dt>{t(side === "from" ? "compare.before" : "compare.after")}</dt>
      <dd>
        {value === undefined
          ? <span className="muted">{t("compare.absent")}</span>
          : text === ""
          ? <span className="muted">{t("compare.empty")}</span>
          : <pre tabIndex={text.length > 400 ? 0 : undefined}>{text}</pre>}
      </dd>
    </div>
  );
}

/** Lines with their numbers at both sides, and a sign before colour. */
function Code({ lines, path }: { lines: ComparedLine[]; path: string }) {
  return (
    <div className="code-diff" tabIndex={0} role="group" aria-label={path}>
      <table>
        <thead className="vh">
          <tr>
            <th scope="col">{t("compare.before")}</th>
            <th scope="col">{t("compare.after")}</th>
            <th scope="col">{t("compare.sign")}</th>
            <th scope="col">{t("compare.line")}</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((l, i) => (
            <Fragment key={i}>
              {l.op === "gap"
                ? (
                  <tr className="is-gap">
                    <td colSpan={4}>{t("compare.gap")}</td>
                  </tr>
                )
                : (
                  <tr className={`is-${l.op}`}>
                    <td className="no">{l.from ?? ""}</td>
                    <td className="no">{l.to ?? ""}</td>
                    <td className="sign">
                      {l.op === "same" ? "" : (
                        <>
                          <span aria-hidden="true">{SIGN[l.op]}</span>
                          <span className="vh">{word("change", l.op)}</span>
                        </>
                      )}
                    </td>
                    <td className="text">{l.text}</td>
                  </tr>
                )}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Wires(
  { node, names, heading: Heading }: { node: ComparedNode; names: Names; heading: Below },
) {
  const { added, removed } = node.wires;
  if (added.length + removed.length === 0) return null;
  const line = (w: ComparedWire, change: "added" | "removed") => {
    const side = change === "added" ? "to" as const : "from" as const;
    const id = (side === "to" ? w.toId : w.fromId) ?? w.toId ?? w.fromId ?? "";
    return (
      <li key={`${change}${w.port}${id}`}>
        <ChangeTag change={change} />
        {t("compare.wire", { port: w.port + 1, name: names.node(side, id) })}
      </li>
    );
  };
  const title = tn("compare.wires", added.length + removed.length);
  return (
    <div className="property">
      <Heading>{title}</Heading>
      <ul className="wire-list">
        {removed.map((w) => line(w, "removed"))}
        {added.map((w) => line(w, "added"))}
      </ul>
    </div>
  );
}
