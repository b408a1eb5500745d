import type { Comparison } from "../api/types.ts";
import { t } from "../i18n/text.ts";
import { Panel } from "../ui/page-head.tsx";
import { ChangeTag } from "./change.tsx";

/** What differs beside the flows: modules and the names of environment variables. */
export function Beside({ comparison }: { comparison: Comparison }) {
  const { modules, environment } = comparison;
  if (modules.length + environment.length === 0) return null;
  return (
    <div className="grid2">
      {modules.length
        ? (
          <Panel title={t("snapshots.modules")}>
            <ul className="beside">
              {modules.map((m) => (
                <li key={m.name}>
                  <ChangeTag
                    change={m.from === null ? "added" : m.to === null ? "removed" : "changed"}
                  />
                  <code>{m.name}</code>
                  <span className="muted">
                    {m.from !== null && m.to !== null ? `${m.from} → ${m.to}` : m.from ?? m.to}
                  </span>
                </li>
              ))}
            </ul>
          </Panel>
        )
        : null}
      {environment.length
        ? (
          <Panel title={t("environment.title")}>
            <ul className="beside">
              {environment.map((v) => (
                <li key={v.name}>
                  <ChangeTag change={v.change} />
                  <code>{v.name}</code>
                </li>
              ))}
            </ul>
          </Panel>
        )
        : null}
    </div>
  );
}
