import type { ComparedSide } from "../api/types.ts";
import { number } from "../i18n/format.ts";
import { t, tn } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Link } from "../ui/link.tsx";
import { Shape } from "../ui/status.tsx";
import { Time } from "../ui/time.tsx";
import type { Side } from "./sides.ts";

/** What stands at one side, and the way to another. */
export function SideCard(
  p: {
    which: "from" | "to";
    /** What the address names; `side` is what the server knows of it. */
    picked: Side | null;
    side: ComparedSide | null;
    error: string | null;
    onPick: () => void;
  },
) {
  const { side } = p;
  const title = t(p.which === "from" ? "compare.from" : "compare.to");
  return (
    <section className="side-card" aria-label={title}>
      <div className="grow">
        <p className="side-role">{title}</p>
        {side
          ? (
            <>
              <p className="side-name">
                <span className="muted">{t(`compare.side.${side.kind}`)}</span> <Name side={side} />
              </p>
              <p className="muted small">
                {side.at
                  ? (
                    <>
                      <Time at={side.at} />
                      {" · "}
                    </>
                  )
                  : null}
                {side.by ? `${side.by} · ` : ""}
                <span title={number(side.nodes)}>{tn("compare.nodes", side.nodes)}</span>
              </p>
            </>
          )
          : p.error
          ? (
            <p className="side-error" role="alert">
              <Shape severity="alarm" />
              {p.error}
            </p>
          )
          : (
            <p className="side-name muted">
              {p.picked ? t(`compare.side.${p.picked.kind}`) : t("compare.notPicked")}
            </p>
          )}
      </div>
      <Button onClick={p.onPick}>{p.picked ? t("compare.other") : t("compare.pick")}</Button>
    </section>
  );
}

function Name({ side }: { side: ComparedSide }) {
  const href = side.kind === "snapshot"
    ? `/snapshots/${side.id}`
    : side.instanceId
    ? `/instances/${side.instanceId}/versions`
    : null;
  return href ? <Link href={href}>{side.label}</Link> : <strong>{side.label}</strong>;
}
