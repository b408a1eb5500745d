import { useMemo } from "react";
import { session } from "../app/session.ts";
import { somewhere } from "../api/permissions.ts";
import type { Instance, Stack } from "../api/types.ts";
import { type Listed, useCalm, useList, useTopic } from "../api/use.ts";
import { needsAttention, SEVERITY_ORDER, severityOf } from "../core/abnormal.ts";
import { useApplications } from "../snapshots/use-applications.ts";
import { bytes, number } from "../i18n/format.ts";
import { t, word } from "../i18n/text.ts";
import { LinkButton } from "../ui/button.tsx";
import { choicesOf, InlineSelect } from "../ui/fields.tsx";
import { Link } from "../ui/link.tsx";
import { ListPanel, Search, Toolbar } from "../ui/list.tsx";
import { useQuery } from "../ui/navigation.ts";
import { PageHead } from "../ui/page-head.tsx";
import { Empty } from "../ui/states.tsx";
import { Status } from "../ui/status.tsx";
import type { Column } from "../ui/table.tsx";
import { Ago } from "../ui/time.tsx";
import { useStore } from "../ui/use-store.ts";

export function InstancesPage() {
  const list = useList<Instance>("instances");
  const refresh = useCalm(list.reload);
  useTopic("instances", (m) => keepUp(list, m.data, refresh));
  const applications = useApplications().data;
  const [text, setText] = useQuery("query");
  const [state, setState] = useQuery("state");
  const [application, setApplication] = useQuery("application");
  const user = useStore(session, (s) => s.user);
  const names = useMemo(
    () => new Map((applications ?? []).map((a) => [a.id, a.name])),
    [applications],
  );
  const rows = useMemo(() => {
    const q = text.trim().toLowerCase();
    return (list.data ?? []).filter((i) =>
      (!q || `${i.name} ${i.slug}`.toLowerCase().includes(q)) &&
      (!application || i.applicationId === application) &&
      (!state || (state === "attention" ? needsAttention(i.state) : i.state === state))
    ).sort((a, b) =>
      SEVERITY_ORDER[severityOf(a.state)] - SEVERITY_ORDER[severityOf(b.state)] ||
      a.name.localeCompare(b.name)
    );
  }, [list.data, text, state, application]);
  const filtered = Boolean(text || state || application);
  const clear = () => {
    setText("");
    setState("");
    setApplication("");
  };
  const create = user && somewhere(user, "member")
    ? (
      <LinkButton kind="primary" icon="plus-lg" href="/instances/new">
        {t("instances.create")}
      </LinkButton>
    )
    : undefined;
  return (
    <div className="page">
      <PageHead title={t("instances.title")} note={t("instances.note")}>{create}</PageHead>
      <Toolbar label={t("filter")}>
        <Search label={t("instances.filter")} value={text} onChange={setText} />
        <InlineSelect
          label={t("state")}
          value={state}
          onChange={setState}
          choices={[
            { value: "", label: t("instances.everyState") },
            { value: "attention", label: t("instances.attention") },
            ...STATES.map((s) => ({ value: s, label: word("state", s) })),
          ]}
        />
        {applications && applications.length > 1
          ? (
            <InlineSelect
              label={t("application")}
              value={application}
              onChange={setApplication}
              choices={choicesOf(applications, t("instances.everyApplication"))}
            />
          )
          : null}
      </Toolbar>
      <ListPanel
        label={t("instances.title")}
        list={list}
        rows={rows}
        id={(i) => i.id}
        filtered={filtered}
        clear={clear}
        nothing={
          <Empty icon="collection" title={t("instances.nothing")} action={create}>
            {t("instances.nothingText")}
          </Empty>
        }
        columns={instanceColumns(names)}
      />
    </div>
  );
}

const STATES = [
  "running",
  "starting",
  "unhealthy",
  "backing-off",
  "safe",
  "crashed",
  "stopping",
  "stopped",
];

/** One instance changed: its row is replaced; anything unclear has the list read again. */
export function keepUp(list: Listed<Instance>, data: unknown, refresh: () => void): void {
  const change = data as Partial<Instance> & { kind?: string } | undefined;
  const known = change?.id && list.data?.some((i) => i.id === change.id);
  if (known && change.state && change.kind !== "deleted") {
    list.update((items) => items.map((i) => i.id === change.id ? { ...i, ...change } : i));
  } else refresh();
}

export function instanceColumns(names: Map<string, string>): Column<Instance>[] {
  return [
    {
      key: "name",
      title: t("name"),
      sort: (i) => i.name,
      cell: (i) => <Link href={`/instances/${i.id}`}>{i.name}</Link>,
    },
    {
      key: "state",
      title: t("state"),
      sort: (i) => SEVERITY_ORDER[severityOf(i.state)],
      cell: (i) => (
        <span title={i.stateDetail ?? undefined}>
          <Status state={i.state} />
        </span>
      ),
    },
    ...(names.size
      ? [{
        key: "application",
        title: t("application"),
        sort: (i: Instance) => names.get(i.applicationId) ?? "",
        extra: true,
        cell: (i: Instance) => (
          <Link className="soft" href={`/applications/${i.applicationId}`}>
            {names.get(i.applicationId) ?? "–"}
          </Link>
        ),
      }]
      : []),
    {
      key: "stack",
      title: t("stack"),
      sort: (i) => stackName(i),
      extra: true,
      cell: (i) => <span className="muted">{stackName(i)}</span>,
    },
    {
      key: "memory",
      title: t("memory"),
      numeric: true,
      sort: (i) => i.resources?.rss ?? -1,
      cell: (i) => i.resources ? bytes(i.resources.rss) : "–",
    },
    {
      key: "cpu",
      title: t("cpu"),
      numeric: true,
      sort: (i) => i.resources?.cpuPercent ?? -1,
      cell: (i) => i.resources ? `${number(i.resources.cpuPercent)} %` : "–",
    },
    {
      key: "deployed",
      title: t("instance.lastDeploy"),
      extra: true,
      sort: (i) => i.lastDeployAt ?? "",
      cell: (i) => i.lastDeployAt ? <Ago at={i.lastDeployAt} /> : "–",
    },
  ];
}

export function stackName(i: Instance): string {
  return i.stack ? nameOf(i.stack) : t("stack.practice");
}

/** A stack is often called what it holds: then that is said once. */
export function stackLabel(s: Stack): string {
  const own = nameOf(s);
  return own === `Node-RED ${s.nodeRed}` ? own : `${own} (Node-RED ${s.nodeRed})`;
}

/** Name and version; some names hold their version already. */
export function nameOf(s: { name: string; version: string }): string {
  return s.name.endsWith(s.version) ? s.name : `${s.name} ${s.version}`;
}
