import { useEffect } from "react";
import { session } from "../app/session.ts";
import type { Instance, InstanceState, Overview } from "../api/types.ts";
import { useCalm, useList, useLoad, useTopic } from "../api/use.ts";
import { type Severity, severityOf } from "../core/abnormal.ts";
import { bytes, duration } from "../i18n/format.ts";
import { t, tn, word } from "../i18n/text.ts";
import { LinkButton } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { Link } from "../ui/link.tsx";
import { Facts, PageHead, Panel } from "../ui/page-head.tsx";
import { Await, Empty } from "../ui/states.tsx";
import { Shape } from "../ui/status.tsx";
import { Ago, Time } from "../ui/time.tsx";
import { useStore } from "../ui/use-store.ts";
import { somewhere } from "../api/permissions.ts";
import { Attention } from "./attention.tsx";

/** What is abnormal now comes first; what is normal is grey and short. */
export function OverviewPage() {
  const overview = useLoad<Overview>("overview");
  const instances = useList<Instance>("instances");
  const user = useStore(session, (s) => s.user);
  const refresh = useCalm(() => {
    overview.reload();
    instances.reload();
  });
  useTopic("instances", refresh);
  useTopic("site", overview.reload);
  useTopic("devices", useCalm(overview.reload));
  useEffect(() => {
    const id = setInterval(overview.reload, 60_000);
    return () => clearInterval(id);
  }, [overview.reload]);
  return (
    <div className="page">
      <PageHead
        title={t("overview.title")}
        note={overview.data ? t("overview.note", { site: overview.data.site }) : null}
      >
        {user && somewhere(user, "member")
          ? <LinkButton href="/instances/new" icon="plus-lg">{t("instances.create")}</LinkButton>
          : null}
      </PageHead>
      <Attention instances={instances.data ?? []} overview={overview.data} />
      <Await of={overview}>
        {(o) => (
          <>
            {o.notices.length || o.directBackend ? <Notices overview={o} /> : null}
            <div className="grid2">
              <Counts overview={o} />
              {o.devices.total || Object.keys(o.deployments).length
                ? <DeviceCounts overview={o} />
                : null}
              <House overview={o} />
            </div>
          </>
        )}
      </Await>
      {instances.data?.length === 0
        ? (
          <section className="panel">
            <Empty
              icon="collection"
              title={t("instances.nothing")}
              action={user && somewhere(user, "member")
                ? (
                  <LinkButton href="/instances/new" kind="primary" icon="plus-lg">
                    {t("instances.create")}
                  </LinkButton>
                )
                : undefined}
            >
              {t("instances.nothingText")}
            </Empty>
          </section>
        )
        : null}
    </div>
  );
}

function Notices({ overview }: { overview: Overview }) {
  const own = overview.notices.some((n) => n.kind === "direct-backend");
  return (
    <Panel title={t("overview.notices")}>
      <ul className="rows">
        {overview.directBackend && !own
          ? (
            <li>
              <Icon name="info-circle" />
              <p className="grow">{t("overview.direct")}</p>
            </li>
          )
          : null}
        {overview.notices.map((n) => (
          <li key={n.kind + n.text}>
            <Icon name="info-circle" />
            <p className="grow">{n.text}</p>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const STATES: readonly InstanceState[] = [
  "crashed",
  "unhealthy",
  "safe",
  "backing-off",
  "starting",
  "stopping",
  "running",
  "stopped",
];

function Counts({ overview }: { overview: Overview }) {
  const total = Object.values(overview.instances).reduce((a, b) => a + b, 0);
  return (
    <Panel
      title={t("instances.title")}
      tools={<Link href="/instances">{tn("instances.count", total)}</Link>}
    >
      <ul className="counts">
        {STATES.filter((s) => overview.instances[s]).map((s) => (
          <Count
            key={s}
            href={`/instances?state=${s}`}
            severity={severityOf(s)}
            value={overview.instances[s] ?? 0}
            text={word("state", s)}
          />
        ))}
        {total === 0 ? <li className="muted">{t("overview.noInstances")}</li> : null}
      </ul>
    </Panel>
  );
}

/** What a person would do something about comes first; each leads to the list of it. */
const CONDITIONS = [
  ["offline", "warning"],
  ["faulty", "alarm"],
  ["expiring", "warning"],
  ["developer", "off"],
  ["updating", "busy"],
  ["online", "normal"],
] as const;

function DeviceCounts({ overview: { devices, deployments } }: { overview: Overview }) {
  const going = (deployments.running ?? 0) + (deployments.stopping ?? 0);
  return (
    <Panel
      title={t("devices.title")}
      tools={<Link href="/devices">{tn("rollout.devices", devices.total)}</Link>}
    >
      <ul className="counts">
        {CONDITIONS.filter(([c]) => devices[c]).map(([c, severity]) => (
          <Count
            key={c}
            href={`/devices?state=${c}`}
            severity={severity}
            value={devices[c]}
            text={word("deviceCondition", c)}
          />
        ))}
        {going
          ? (
            <Count
              href="/deployments"
              severity="busy"
              value={going}
              text={t("overview.deploymentsGoing")}
            />
          )
          : null}
      </ul>
    </Panel>
  );
}

function Count(p: { href: string; severity: Severity; value: number; text: string }) {
  return (
    <li>
      <Link href={p.href} className={`count-${p.severity}`}>
        <span className="value">{p.value}</span>
        <span>
          <Shape severity={p.severity} /> {p.text}
        </span>
      </Link>
    </li>
  );
}

const DAY = 86_400_000;

function House({ overview: o }: { overview: Overview }) {
  const full = 1 - o.disk.free / Math.max(1, o.disk.total);
  const expiry = o.certificate.expiresAt;
  const soon = expiry !== null && Date.parse(expiry) - Date.now() < 14 * DAY;
  return (
    <Panel className="is-whole" title={t("overview.house")}>
      <Facts
        rows={[
          [
            t("overview.disk"),
            <span key="d" className={full > 0.9 ? "is-odd" : undefined}>
              {full > 0.9 ? <Shape severity={full > 0.97 ? "alarm" : "warning"} /> : null}
              {t("overview.diskFree", { free: bytes(o.disk.free), total: bytes(o.disk.total) })}
            </span>,
          ],
          [t("overview.database"), bytes(o.database.size)],
          [
            t("overview.certificate"),
            <span key="c" className={soon ? "is-odd" : undefined}>
              {soon ? <Shape severity="warning" /> : null}
              {expiry === null ? "–" : <Time at={expiry} />}
            </span>,
          ],
          [
            t("overview.backup"),
            o.backup.lastAt ? <Ago key="b" at={o.backup.lastAt} /> : t("overview.noBackup"),
          ],
          [t("overview.uptime"), duration(o.uptimeSeconds)],
          [t("overview.version"), o.version],
        ]}
      />
    </Panel>
  );
}
