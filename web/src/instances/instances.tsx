import { useEffect, useMemo, useRef } from "react";
import { session } from "../app/session.ts";
import { somewhere } from "../api/permissions.ts";
import type { Instance, Stack } from "../api/types.ts";
import { type Listed, useCalm, useList, useTopic } from "../api/use.ts";
import { Batch, calmly } from "../core/batch.ts";
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
  useUpkeep(list);
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
  const columns = useMemo(() => instanceColumns(names), [names]);
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
        columns={columns}
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

type Change = Partial<Instance> & { kind?: string };

/** Keeps a list as the site tells. A flood of changes costs a few paints a second, not one each. */
export function useUpkeep(list: Listed<Instance>): void {
  const refresh = useCalm(list.reload);
  const latest = useRef(list);
  latest.current = list;
  const batch = useMemo(() =>
    new Batch<Change | undefined>((news) => {
      const { data, count } = latest.current;
      const known = new Set(data?.map((i) => i.id));
      // One that the pages so far do not show is no news.
      const whole = known.size >= count;
      const changes = new Map<string, Change>();
      for (const change of news) {
        if (change?.id && change.state && change.kind !== "deleted" && known.has(change.id)) {
          changes.set(change.id, { ...changes.get(change.id), ...change });
        } else if (whole || !change?.id || known.has(change.id)) refresh();
      }
      if (!changes.size) return;
      latest.current.update((items) =>
        items.map((i) => changes.has(i.id) ? { ...i, ...changes.get(i.id) } : i)
      );
    }, calmly), [refresh]);
  useEffect(() => () => batch.stop(), [batch]);
  useTopic("instances", (m) => batch.add(m.data as Change | undefined));
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
