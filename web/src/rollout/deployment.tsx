import { useState } from "react";
import { api } from "../api/client.ts";
import { somewhere } from "../api/permissions.ts";
import type { Deployment, DeploymentDevice, DeploymentStep } from "../api/types.ts";
import { useAction, useCalm, useList, useLoad, useTopic } from "../api/use.ts";
import { useCrumb } from "../app/crumbs.ts";
import { session } from "../app/session.ts";
import { t, tn, word } from "../i18n/text.ts";
import { Said } from "../ui/said.tsx";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/dialog.tsx";
import { InlineSelect } from "../ui/fields.tsx";
import { Link } from "../ui/link.tsx";
import { Toolbar } from "../ui/list.tsx";
import { useQuery } from "../ui/navigation.ts";
import { Facts, PageHead, Panel } from "../ui/page-head.tsx";
import { Empty, Failed, Loading } from "../ui/states.tsx";
import { Ago, Time } from "../ui/time.tsx";
import { useStore } from "../ui/use-store.ts";
import { VirtualTable } from "../ui/virtual-table.tsx";
import { DeploymentStatus } from "./deployments.tsx";

type Order = Deployment["orders"][number];

/** These change what runs on machines: they are asked about first. */
const ASKS: readonly Order[] = ["cancel", "return-updated"];

const STATES = [
  "pending",
  "sent",
  "updating",
  "busy",
  "offline",
  "developer",
  "updated",
  "failed",
  "superseded",
  "removed",
  "returning",
  "returned",
] as const;

export function DeploymentPage({ id }: { id: string }) {
  const loaded = useLoad<Deployment>(`deployments/${id}`);
  const [state, setState] = useQuery("state");
  const devices = useList<DeploymentDevice>(`deployments/${id}/devices`, { state });
  useTopic(
    `deployment/${id}`,
    useCalm(() => {
      loaded.reload();
      devices.reload();
    }),
  );
  const user = useStore(session, (s) => s.user);
  const [asking, setAsking] = useState<Order | null>(null);
  const action = useAction();
  const deployment = loaded.data;
  useCrumb(id, deployment?.name);
  const give = (order: Order) =>
    action.run(async () => {
      loaded.set(await api.post<Deployment>(`deployments/${id}/${order}`));
      setAsking(null);
      devices.reload();
    });
  if (!deployment) {
    return (
      <div className="page">
        <PageHead title={t("rollout.one")} />
        <section className="panel">
          {loaded.error ? <Failed error={loaded.error} retry={loaded.reload} /> : <Loading />}
        </section>
      </div>
    );
  }
  const orders = user && somewhere(user, "member") ? deployment.orders : [];
  return (
    <div className="page">
      <PageHead
        title={deployment.name}
        note={
          <>
            <DeploymentStatus state={deployment.state} /> <Said text={deployment.reason} />
          </>
        }
      >
        {orders.map((order) => (
          <Button
            key={order}
            kind={order === "approve" || order === "resume" ? "primary" : undefined}
            busy={action.busy}
            why={order === "approve" && user?.username === deployment.createdBy
              ? t("rollout.approveSelf")
              : null}
            onClick={() => ASKS.includes(order) ? setAsking(order) : give(order)}
          >
            {word("order", order)}
          </Button>
        ))}
      </PageHead>
      {deployment.warnings.map((w) => <p key={w} className="detail is-warning" role="status">{w}
      </p>)}
      {action.error && !asking
        ? <p className="error" role="alert">{action.error.message}</p>
        : null}
      <Panel title={t("rollout.progress")}>
        <div className="pad">
          <progress
            className="wide"
            value={deployment.counts.updated}
            max={Math.max(1, deployment.counts.total)}
            aria-label={t("rollout.progress")}
          />
          <p role="status">
            {STATES.filter((s) => deployment.counts[s] > 0).map((s) =>
              `${word("rolloutState", s)}: ${deployment.counts[s]}`
            ).join(" · ")}
          </p>
        </div>
        <Facts
          rows={[
            [
              t("snapshot"),
              <Link key="s" href={`/snapshots/${deployment.snapshot.id}`}>
                {deployment.snapshot.name}
              </Link>,
            ],
            [t("windows.one"), deployment.window?.name ?? t("groups.anytime")],
            [t("user"), deployment.createdBy],
            [
              t("rollout.started"),
              deployment.startedAt ? <Time key="a" at={deployment.startedAt} /> : "–",
            ],
            deployment.finishedAt
              ? [t("rollout.finished"), <Time key="f" at={deployment.finishedAt} />]
              : null,
          ]}
        />
      </Panel>
      <Panel title={t("rollout.steps")}>
        <ol className="rows">
          {deployment.groups.map((g) => <Step key={g.number} step={g} />)}
        </ol>
      </Panel>
      <Toolbar label={t("filter")}>
        <h2 className="grow">{t("devices.title")}</h2>
        <InlineSelect
          label={t("state")}
          value={state}
          onChange={setState}
          choices={[
            { value: "", label: t("devices.everyState") },
            ...STATES.map((s) => ({ value: s, label: word("rolloutState", s) })),
          ]}
        />
      </Toolbar>
      <section className="panel list" aria-label={t("devices.title")}>
        {devices.data === null
          ? devices.error ? <Failed error={devices.error} retry={devices.reload} /> : <Loading />
          : devices.data.length === 0
          ? <Empty icon="search" title={t("list.nothingFound")} />
          : (
            <VirtualTable
              label={t("devices.title")}
              rows={devices.data}
              count={devices.count}
              id={(d) => d.deviceId}
              more={devices.more}
              columns={[
                {
                  key: "name",
                  title: t("name"),
                  cell: (d) => <Link href={`/devices/${d.deviceId}`}>{d.name}</Link>,
                },
                {
                  key: "state",
                  title: t("state"),
                  cell: (d) => (
                    <span className={d.state === "failed" ? "st st-alarm" : "st"}>
                      {word("rolloutState", d.state)}
                    </span>
                  ),
                },
                {
                  key: "step",
                  title: t("rollout.step"),
                  cell: (d) => deployment.groups[d.group]?.name ?? d.group + 1,
                },
                { key: "text", title: t("rollout.says"), extra: true, cell: (d) => d.text ?? "–" },
                {
                  key: "former",
                  title: t("rollout.former"),
                  extra: true,
                  cell: (d) => d.former?.name ?? "–",
                },
                { key: "at", title: t("time"), extra: true, cell: (d) => <Ago at={d.changedAt} /> },
              ]}
            />
          )}
      </section>
      {asking
        ? (
          <Confirm
            title={t(asking === "cancel" ? "rollout.cancelAsk" : "rollout.returnAsk", {
              name: deployment.name,
            })}
            verb={word("order", asking)}
            danger
            busy={action.busy}
            error={action.error}
            onClose={() => setAsking(null)}
            onConfirm={() => give(asking)}
          >
            <p>
              {asking === "cancel"
                ? t("rollout.cancelText")
                : tn("rollout.returnText", deployment.counts.updated)}
            </p>
          </Confirm>
        )
        : null}
    </div>
  );
}

function Step({ step }: { step: DeploymentStep }) {
  const { counts } = step;
  return (
    <li>
      <span className={step.verdict === "stop" ? "st st-alarm" : "st"}>
        {step.verdict === "stop"
          ? word("deploymentState", "stopped")
          : word("stepState", step.state)}
      </span>
      <div className="grow">
        <strong>{step.name}</strong>
        <p>
          {t("rollout.stepCounts", {
            updated: counts.updated,
            total: counts.total,
            failed: counts.failed,
            offline: counts.offline,
          })}
        </p>
        <p className="muted">
          <Said text={step.reason} />
        </p>
      </div>
      {step.state === "running" && step.soakUntil
        ? (
          <span className="muted small">
            {t("rollout.soak")} <Time at={step.soakUntil} />
          </span>
        )
        : null}
    </li>
  );
}
