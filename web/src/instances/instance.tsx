import { useState } from "react";
import { api } from "../api/client.ts";
import { may } from "../api/permissions.ts";
import type { Application, Instance } from "../api/types.ts";
import { useAction, useLoad, useTopic } from "../api/use.ts";
import { useCrumb } from "../app/crumbs.ts";
import { severityOf } from "../core/abnormal.ts";
import { t } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/dialog.tsx";
import { Icon } from "../ui/icon.tsx";
import { Menu, type MenuItem } from "../ui/menu.tsx";
import { PageHead } from "../ui/page-head.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { Failed, Loading } from "../ui/states.tsx";
import { Shape, Status } from "../ui/status.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { UpTime } from "../ui/time.tsx";
import { FilesTab } from "../files/files.tsx";
import { TestsTab } from "../flow-tests/tests.tsx";
import { DangerTab } from "./danger.tsx";
import { EnvironmentTab } from "./environment.tsx";
import { stackName } from "./instances.tsx";
import { LogTab } from "./log.tsx";
import { OpenEditor } from "./open-editor.tsx";
import { InstanceOverview } from "./overview.tsx";
import { SettingsTab } from "./settings.tsx";
import { VersionsTab } from "./versions.tsx";

export function InstancePage({ id, tab }: { id: string; tab: string }) {
  const loaded = useLoad<Instance>(`instances/${id}`);
  useTopic(`instance/${id}`, (m) => {
    const view = m.data as Instance | undefined;
    if (m.missed || !view?.id || !view.state) loaded.reload();
    else if (view.id === id) {
      loaded.set({ ...view, permissions: view.permissions ?? loaded.data?.permissions ?? [] });
    }
  });
  const application = useLoad<Application>(
    loaded.data ? `applications/${loaded.data.applicationId}` : null,
  );
  useCrumb(
    id,
    loaded.data?.name,
    application.data ? { id: application.data.id, name: application.data.name } : undefined,
  );
  const instance = loaded.data;
  const current = instance ? tabsOf(instance).find((k) => k === tab) ?? "overview" : "overview";
  return (
    <div className="page">
      <PageHead
        title={instance?.name ?? t("instance")}
        tab={instance ? t(`instance.tab.${current}`) : undefined}
        note={instance ? <Note instance={instance} /> : null}
      >
        {instance
          ? (
            <>
              <Control instance={instance} onChange={loaded.set} />
              <PagesLink instance={instance} />
              <OpenEditor instance={instance} />
            </>
          )
          : null}
      </PageHead>
      {instance
        ? <Standing instance={instance} current={current} onChange={loaded.set} />
        : (
          <section className="panel">
            {loaded.error ? <Failed error={loaded.error} retry={loaded.reload} /> : <Loading />}
          </section>
        )}
    </div>
  );
}

const TABS = [
  "overview",
  "log",
  "versions",
  "files",
  "tests",
  "environment",
  "settings",
  "danger",
] as const;
type Tab = (typeof TABS)[number];

/** What the role does not allow at all is left out; the rest says why it can't be used. */
function tabsOf(instance: Instance): readonly Tab[] {
  return TABS.filter((k) =>
    k === "danger"
      ? may(instance, "instance.delete")
      : k === "environment"
      ? may(instance, "instance.environment")
      : k === "files"
      ? may(instance, "files.read")
      : k === "tests"
      ? may(instance, "tests.read")
      : true
  );
}

function Note({ instance }: { instance: Instance }) {
  return (
    <span className="note-row">
      <Status state={instance.state} />
      <span>{stackName(instance)}</span>
      {instance.startedAt && instance.state !== "stopped"
        ? <UpTime since={instance.startedAt} />
        : null}
    </span>
  );
}

function Standing(
  { instance, current, onChange }: {
    instance: Instance;
    current: Tab;
    onChange: (i: Instance) => void;
  },
) {
  const base = `/instances/${instance.id}`;
  return (
    <>
      <Detail instance={instance} />
      <Tabs
        label={t("instance.tabs")}
        current={current}
        tabs={tabsOf(instance).map((k) => ({
          key: k,
          title: t(`instance.tab.${k}`),
          href: k === "overview" ? base : `${base}/${k}`,
        }))}
      />
      {current === "overview" ? <InstanceOverview instance={instance} /> : null}
      {current === "log" ? <LogTab instance={instance} /> : null}
      {current === "versions" ? <VersionsTab instance={instance} /> : null}
      {current === "files" ? <FilesTab instance={instance} /> : null}
      {current === "tests" ? <TestsTab instance={instance} /> : null}
      {current === "environment" ? <EnvironmentTab instance={instance} /> : null}
      {current === "settings" ? <SettingsTab instance={instance} onChange={onChange} /> : null}
      {current === "danger" ? <DangerTab instance={instance} /> : null}
    </>
  );
}

/** The plain sentence of the server: what is wrong and what to do. */
function Detail({ instance }: { instance: Instance }) {
  const severity = severityOf(instance.state);
  if (instance.stateDetail && severity !== "normal") {
    return (
      <p className={`detail is-${severity}`} role="status">
        <Shape severity={severity} />
        {instance.stateDetail}
      </p>
    );
  }
  if (instance.practice) {
    return (
      <p className="detail" role="status">
        <Icon name="info-circle" />
        {t("instance.practice")}
      </p>
    );
  }
  return null;
}

function PagesLink({ instance }: { instance: Instance }) {
  if (!may(instance, "pages.open")) return null;
  const href = instance.access === "login" ? `/open/pages/${instance.slug}` : instance.url;
  return (
    <a className="btn" href={href} target="_blank" rel="noreferrer">
      <Icon name="box-arrow-up-right" />
      {t("instance.pages")}
    </a>
  );
}

type Verb = "start" | "stop" | "restart" | "kill";

function Control(
  { instance, onChange }: { instance: Instance; onChange: (i: Instance) => void },
) {
  const [asked, setAsked] = useState<Exclude<Verb, "start"> | null>(null);
  const action = useAction();
  const why = may(instance, "instance.control") ? null : t("why.role");
  const act = (verb: Verb) =>
    action.run(async () => {
      const answer = await api.post<Instance>(`instances/${instance.id}/actions`, { action: verb });
      if (answer?.id) onChange({ ...answer, permissions: instance.permissions });
      setAsked(null);
    });
  const off = instance.state === "stopped" || instance.state === "crashed";
  const items: MenuItem[] = [
    {
      label: t("act.restart"),
      icon: "arrow-clockwise",
      why,
      onPick: () => setAsked("restart"),
    },
    { label: t("act.stop"), icon: "stop-fill", why, onPick: () => setAsked("stop") },
    {
      label: t("act.kill"),
      icon: "x-octagon",
      danger: true,
      why,
      onPick: () => setAsked("kill"),
    },
  ];
  return (
    <>
      {off
        ? (
          <Button icon="play-fill" busy={action.busy} why={why} onClick={() => act("start")}>
            {t("instance.start")}
          </Button>
        )
        : <Menu label={t("instance.control")} icon="three-dots" items={items} />}
      {action.error && !asked ? <ProblemNote error={action.error} /> : null}
      {asked
        ? (
          <Confirm
            title={t(`actAsk.${asked}`, { name: instance.name })}
            verb={t(`act.${asked}`)}
            danger={asked === "kill"}
            busy={action.busy}
            error={action.error}
            onClose={() => setAsked(null)}
            onConfirm={() => act(asked)}
          >
            <p>{t(`actText.${asked}`)}</p>
          </Confirm>
        )
        : null}
    </>
  );
}
