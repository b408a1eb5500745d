import { useEffect } from "react";
import type { Alarm } from "../api/types.ts";
import { useList } from "../api/use.ts";
import { t, word } from "../i18n/text.ts";
import { InlineSelect } from "../ui/fields.tsx";
import { Link } from "../ui/link.tsx";
import { ListPanel, Toolbar } from "../ui/list.tsx";
import { useQuery } from "../ui/navigation.ts";
import { PageHead } from "../ui/page-head.tsx";
import { Said } from "../ui/said.tsx";
import { Empty } from "../ui/states.tsx";
import { SeverityWord } from "../ui/status.tsx";
import { Ago, Time } from "../ui/time.tsx";
import { useStore } from "../ui/use-store.ts";
import { Acknowledge, alarms, ClockRight } from "./alarms.tsx";
import { alarmPath } from "./objects.ts";

export function AlarmsPage() {
  const [severity, setSeverity] = useQuery("severity");
  const [which, setWhich] = useQuery("show", "open");
  const open = useStore(alarms, (s) => s.open);
  const list = useList<Alarm>("alarms", { open: which === "open" ? "true" : null });
  useEffect(list.reload, [open, list.reload]);
  const rows = (list.data ?? []).filter((a) => !severity || a.severity === severity);
  return (
    <div className="page">
      <PageHead title={t("alarms.title")} note={t("alarms.note")} />
      <Toolbar label={t("filter")}>
        <InlineSelect
          label={t("alarms.severity")}
          value={severity}
          onChange={setSeverity}
          choices={[
            { value: "", label: t("alarms.every") },
            { value: "alarm", label: t("alarms.onlyAlarms") },
            { value: "warning", label: t("alarms.onlyWarnings") },
          ]}
        />
        <InlineSelect
          label={t("alarms.which")}
          value={which}
          onChange={setWhich}
          choices={[
            { value: "open", label: t("alarms.open") },
            { value: "all", label: t("alarms.all") },
          ]}
        />
      </Toolbar>
      <ListPanel
        label={t("alarms.title")}
        list={list}
        rows={rows}
        id={(a) => a.id}
        filtered={severity !== ""}
        clear={() => setSeverity("")}
        nothing={<Empty icon="check2" title={t("alarms.nothing")}>{t("alarms.nothingText")}</Empty>}
        columns={[
          {
            key: "severity",
            title: t("alarms.severity"),
            cell: (a) => <SeverityWord severity={a.severity} />,
            sort: (a) => a.severity,
          },
          {
            key: "object",
            title: t("alarms.object"),
            sort: (a) => a.object.name,
            cell: (a) => {
              const path = alarmPath(a);
              return path ? <Link href={path}>{a.object.name}</Link> : a.object.name;
            },
          },
          {
            key: "text",
            title: t("alarms.text"),
            cell: (a) => (
              <span className="wrap">
                <Said text={a.text} about={word("alarmKind", a.kind)} />
              </span>
            ),
          },
          {
            key: "since",
            title: t("alarms.since"),
            sort: (a) => a.since,
            cell: (a) => (
              <>
                <Ago at={a.since} />
                {a.clearedAt
                  ? (
                    <span className="muted small">
                      , {t("alarms.cleared")} <Time at={a.clearedAt} />
                    </span>
                  )
                  : null}
              </>
            ),
          },
          {
            key: "acknowledge",
            title: t("alarms.acknowledge"),
            quiet: true,
            cell: (a) => (
              <>
                <ClockRight alarm={a} />
                {a.clearedAt && !a.acknowledgedAt ? null : <Acknowledge alarm={a} />}
              </>
            ),
          },
        ]}
      />
    </div>
  );
}
