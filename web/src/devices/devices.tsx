import { useMemo } from "react";
import { somewhere } from "../api/permissions.ts";
import type { Device, DeviceGroup, Enrolment, List } from "../api/types.ts";
import { useCalm, useList, useLoad, useTopic } from "../api/use.ts";
import { session } from "../app/session.ts";
import { t, tn, word } from "../i18n/text.ts";
import { useApplications } from "../snapshots/use-applications.ts";
import { LinkButton } from "../ui/button.tsx";
import { choicesOf, InlineSelect } from "../ui/fields.tsx";
import { Icon } from "../ui/icon.tsx";
import { Link } from "../ui/link.tsx";
import { Search, Toolbar } from "../ui/list.tsx";
import { useQuery } from "../ui/navigation.ts";
import { PageHead } from "../ui/page-head.tsx";
import { Empty, Failed, Loading } from "../ui/states.tsx";
import type { Column } from "../ui/table.tsx";
import { TableFoot } from "../ui/table.tsx";
import { Ago } from "../ui/time.tsx";
import { useStore } from "../ui/use-store.ts";
import { VirtualTable } from "../ui/virtual-table.tsx";
import { DeviceStatus } from "./device-state.tsx";

export function DevicesPage() {
  const [text, setText] = useQuery("query");
  const [state, setState] = useQuery("state");
  const [application, setApplication] = useQuery("application");
  const [group, setGroup] = useQuery("group");
  const [sort, setSort] = useQuery("sort", "name");
  const list = useList<Device>("devices", {
    query: text.trim(),
    state,
    application,
    group,
    sort: sort === "name" ? null : sort,
  });
  useTopic("devices", useCalm(list.reload));
  const user = useStore(session, (s) => s.user);
  const mayEnrol = user !== null && somewhere(user, "member");
  const pending = useLoad<List<Enrolment>>(mayEnrol ? "enrolments?state=pending&limit=1" : null);
  useTopic(mayEnrol ? "enrolments" : null, useCalm(pending.reload));
  const applications = useApplications().data;
  const groups = useLoad<List<DeviceGroup>>("device-groups?limit=200").data?.items;
  const columns = useMemo(
    () =>
      deviceColumns(
        new Map((applications ?? []).map((a) => [a.id, a.name])),
        new Map((groups ?? []).map((g) => [g.id, g.name])),
      ),
    [applications, groups],
  );
  const filtered = Boolean(text || state || application || group);
  const add = mayEnrol
    ? <LinkButton kind="primary" icon="plus-lg" href="/devices/add">{t("devices.add")}</LinkButton>
    : undefined;
  const waiting = pending.data?.count ?? 0;
  return (
    <div className="page">
      <PageHead title={t("devices.title")} note={t("devices.note")}>
        {mayEnrol
          ? <LinkButton href="/devices/requests">{t("devices.requests")}</LinkButton>
          : null}
        {add}
      </PageHead>
      {waiting > 0
        ? (
          <p className="notice" role="status">
            <Icon name="bell" />
            <Link href="/devices/requests">{tn("devices.waiting", waiting)}</Link>
          </p>
        )
        : null}
      <Toolbar label={t("filter")}>
        <Search label={t("devices.filter")} value={text} onChange={setText} />
        <InlineSelect
          label={t("state")}
          value={state}
          onChange={setState}
          choices={[
            { value: "", label: t("devices.everyState") },
            { value: "attention", label: t("instances.attention") },
            ...(["offline", "online", "faulty", "updating", "developer", "expiring", "unenrolled"]
              .map((v) => ({ value: v, label: word("deviceCondition", v) }))),
          ]}
        />
        {groups && groups.length > 0
          ? (
            <InlineSelect
              label={t("device.group")}
              value={group}
              onChange={setGroup}
              choices={choicesOf(groups, t("devices.everyGroup"))}
            />
          )
          : null}
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
      <section className="panel list" aria-label={t("devices.title")}>
        {list.data === null
          ? list.error ? <Failed error={list.error} retry={list.reload} /> : <Loading rows={6} />
          : list.data.length > 0
          ? (
            <>
              <VirtualTable
                label={t("devices.title")}
                columns={columns}
                rows={list.data}
                count={list.count}
                id={(d) => d.id}
                more={list.more}
                sort={{ by: sort, keys: ["name", "state", "last-seen"], choose: setSort }}
              />
              <TableFoot shown={list.data.length} count={list.count}>
                {list.error ? <span className="stale">{t("list.stale")}</span> : null}
              </TableFoot>
            </>
          )
          : filtered
          ? <Empty icon="search" title={t("list.nothingFound")}>{t("list.nothingFits")}</Empty>
          : (
            <Empty icon="cpu" title={t("devices.nothing")} action={add}>
              {t("devices.nothingText")}
            </Empty>
          )}
      </section>
    </div>
  );
}

export function deviceColumns(
  applications: Map<string, string>,
  groups: Map<string, string>,
): Column<Device>[] {
  return [
    {
      key: "name",
      title: t("name"),
      cell: (d) => <Link href={`/devices/${d.id}`}>{d.name}</Link>,
    },
    { key: "state", title: t("state"), cell: (d) => <DeviceStatus device={d} /> },
    {
      key: "snapshot",
      title: t("snapshot"),
      cell: (d) => d.running ? d.running.name : "–",
    },
    {
      key: "current",
      title: t("device.current"),
      extra: true,
      cell: (d) => d.isCurrent ? t("device.isCurrent") : d.target ? `→ ${d.target.name}` : "–",
    },
    {
      key: "home",
      title: t("device.home"),
      extra: true,
      cell: (d) =>
        d.groupId
          ? (
            <Link className="soft" href={`/groups/${d.groupId}`}>
              {groups.get(d.groupId) ?? t("device.group")}
            </Link>
          )
          : d.applicationId
          ? applications.get(d.applicationId) ?? "–"
          : <span className="muted">{t("device.unassigned")}</span>,
    },
    {
      key: "nodeRED",
      title: "Node-RED",
      extra: true,
      cell: (d) => <span className="muted">{d.versions.nodeRED ?? "–"}</span>,
    },
    {
      key: "last-seen",
      title: t("device.seen"),
      extra: true,
      cell: (d) =>
        d.connected ? t("device.now") : d.lastSeenAt ? <Ago at={d.lastSeenAt} /> : t("never"),
    },
  ];
}
