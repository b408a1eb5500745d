import type { Instance, Overview } from "../api/types.ts";
import { Acknowledge, alarms, ClockRight } from "../app/alarms.tsx";
import { alarmPath } from "../app/objects.ts";
import { needsAttention, SEVERITY_ORDER, severityOf } from "../core/abnormal.ts";
import { t, tn, word } from "../i18n/text.ts";
import { Link } from "../ui/link.tsx";
import { Panel } from "../ui/page-head.tsx";
import { Said } from "../ui/said.tsx";
import { SeverityWord, Status } from "../ui/status.tsx";
import { Ago } from "../ui/time.tsx";
import { useStore } from "../ui/use-store.ts";

/** Everything that is abnormal now, or one line that says that nothing is. */
export function Attention(
  { instances, overview }: { instances: readonly Instance[]; overview: Overview | null },
) {
  const open = useStore(alarms, (s) => s.open);
  const alarmed = new Set((open ?? []).map((a) => a.object.id));
  const odd = instances.filter((i) => needsAttention(i.state) && !alarmed.has(i.id))
    .sort((a, b) => SEVERITY_ORDER[severityOf(a.state)] - SEVERITY_ORDER[severityOf(b.state)]);
  if (open === null) return null;
  const sorted = [...open].sort((a, b) =>
    Number(Boolean(a.acknowledgedAt)) - Number(Boolean(b.acknowledgedAt)) ||
    a.severity.localeCompare(b.severity) || b.since.localeCompare(a.since)
  );
  const devices = overview ? deviceTroubles(overview) : [];
  if (!sorted.length && !odd.length && !devices.length) {
    return <p className="calm-line">{t("overview.calm")}</p>;
  }
  return (
    <Panel title={t("overview.attention")} className="attention">
      <ul className="rows">
        {sorted.map((a) => {
          const path = alarmPath(a);
          return (
            <li key={a.id}>
              <SeverityWord severity={a.severity} />
              <div className="grow">
                {path ? <Link href={path}>{a.object.name}</Link> : <strong>{a.object.name}</strong>}
                <p>
                  <Said text={a.text} about={word("alarmKind", a.kind)} />
                </p>
              </div>
              <span className="muted small">
                <Ago at={a.since} />
              </span>
              <ClockRight alarm={a} />
              <Acknowledge alarm={a} />
            </li>
          );
        })}
        {odd.map((i) => (
          <li key={i.id}>
            <Status state={i.state} />
            <div className="grow">
              <Link href={`/instances/${i.id}`}>{i.name}</Link>
              <p>{i.stateDetail}</p>
            </div>
          </li>
        ))}
        {devices.map((d) => (
          <li key={d.href + d.text}>
            <SeverityWord severity={d.severity} />
            <div className="grow">
              <Link href={d.href}>{d.text}</Link>
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** One line a kind, however many devices it is about. */
function deviceTroubles({ devices, deployments }: Overview) {
  const held = (deployments.paused ?? 0) + (deployments["awaiting-approval"] ?? 0);
  const lines = [
    ["alarm", devices.faulty, "faulty"],
    ["warning", devices.offline, "offline"],
    ["warning", devices.expiring, "expiring"],
  ] as const;
  return [
    ...lines.filter(([, count]) => count > 0).map(([severity, count, condition]) => ({
      severity,
      href: `/devices?state=${condition}`,
      text: `${tn("rollout.devices", count)}: ${word("deviceCondition", condition)}`,
    })),
    ...(held
      ? [{
        severity: "warning" as const,
        href: "/deployments",
        text: tn("overview.held", held),
      }]
      : []),
  ];
}
