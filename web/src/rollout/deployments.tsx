import { somewhere } from "../api/permissions.ts";
import type { Deployment } from "../api/types.ts";
import { useCalm, useList, useTopic } from "../api/use.ts";
import { session } from "../app/session.ts";
import type { Severity } from "../core/abnormal.ts";
import { t, word } from "../i18n/text.ts";
import { LinkButton } from "../ui/button.tsx";
import { Link } from "../ui/link.tsx";
import { ListPanel } from "../ui/list.tsx";
import { PageHead } from "../ui/page-head.tsx";
import { Empty } from "../ui/states.tsx";
import { Shape } from "../ui/status.tsx";
import { Ago } from "../ui/time.tsx";
import { useStore } from "../ui/use-store.ts";

const SEVERITY: Partial<Record<Deployment["state"], Severity>> = {
  "awaiting-approval": "warning",
  running: "busy",
  paused: "warning",
  stopping: "alarm",
  stopped: "alarm",
  finished: "normal",
};

export function DeploymentStatus({ state }: { state: Deployment["state"] }) {
  const severity = SEVERITY[state] ?? "off";
  return (
    <span className={`st st-${severity}`}>
      <Shape severity={severity} />
      {word("deploymentState", state)}
    </span>
  );
}

export function DeploymentsPage() {
  const list = useList<Deployment>("deployments");
  useTopic("devices", useCalm(list.reload));
  const user = useStore(session, (s) => s.user);
  const start = user && somewhere(user, "member")
    ? (
      <LinkButton kind="primary" icon="send" href="/deployments/new">
        {t("rollout.start")}
      </LinkButton>
    )
    : undefined;
  return (
    <div className="page">
      <PageHead title={t("rollout.title")} note={t("rollout.note")}>{start}</PageHead>
      <ListPanel
        label={t("rollout.title")}
        list={list}
        id={(d) => d.id}
        nothing={
          <Empty icon="send" title={t("rollout.nothing")} action={start}>
            {t("rollout.nothingText")}
          </Empty>
        }
        columns={[
          {
            key: "name",
            title: t("name"),
            sort: (d) => d.name,
            cell: (d) => <Link href={`/deployments/${d.id}`}>{d.name}</Link>,
          },
          { key: "state", title: t("state"), cell: (d) => <DeploymentStatus state={d.state} /> },
          { key: "snapshot", title: t("snapshot"), extra: true, cell: (d) => d.snapshot.name },
          {
            key: "done",
            title: t("rollout.updated"),
            numeric: true,
            cell: (d) => t("enrol.usesOf", { left: d.counts.updated, most: d.counts.total }),
          },
          {
            key: "failed",
            title: t("rollout.failed"),
            numeric: true,
            cell: (d) => d.counts.failed || "–",
          },
          { key: "by", title: t("user"), extra: true, cell: (d) => d.createdBy },
          {
            key: "at",
            title: t("time"),
            extra: true,
            sort: (d) => d.createdAt,
            cell: (d) => <Ago at={d.createdAt} />,
          },
        ]}
      />
    </div>
  );
}
