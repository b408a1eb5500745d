import { useState } from "react";
import { api } from "../api/client.ts";
import { somewhere } from "../api/permissions.ts";
import type { Application, Device, Handover } from "../api/types.ts";
import { useAction, useLoad, useTopic } from "../api/use.ts";
import { useCrumb } from "../app/crumbs.ts";
import { session } from "../app/session.ts";
import { t } from "../i18n/text.ts";
import { EnvironmentPanel } from "../instances/environment.tsx";
import { LogPanel } from "../instances/log.tsx";
import { handOver } from "../instances/open-editor.tsx";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/dialog.tsx";
import { Menu, type MenuItem } from "../ui/menu.tsx";
import { PageHead } from "../ui/page-head.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { Failed, Loading } from "../ui/states.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { toast } from "../ui/toast.tsx";
import { useStore } from "../ui/use-store.ts";
import { DeviceDanger } from "./danger.tsx";
import { DeviceOverview } from "./overview.tsx";
import { DeviceSettings } from "./settings.tsx";
import { DeviceStatus } from "./device-state.tsx";

const TABS = ["overview", "log", "environment", "settings", "danger"] as const;

export function DevicePage({ id, tab }: { id: string; tab: string }) {
  const loaded = useLoad<Device>(`devices/${id}`);
  const user = useStore(session, (s) => s.user);
  const mayEdit = user !== null && somewhere(user, "member");
  useTopic(`device/${id}`, (m) => {
    const view = m.data as Device | undefined;
    if (m.missed || view?.id !== id || !view.versions) loaded.reload();
    else loaded.set(view);
  });
  const device = loaded.data;
  const application = useLoad<Application>(
    device?.applicationId ? `applications/${device.applicationId}` : null,
  );
  useCrumb(id, device?.name);
  const tabs = TABS.filter((k) => mayEdit || k === "overview" || k === "log");
  const current = tabs.find((k) => k === tab) ?? "overview";
  return (
    <div className="page">
      <PageHead
        title={device?.name ?? t("device")}
        tab={device ? t(`device.tab.${current}`) : undefined}
        note={device
          ? (
            <>
              <DeviceStatus device={device} /> {device.problem}
            </>
          )
          : null}
      >
        {device && mayEdit ? <Control device={device} onChange={loaded.reload} /> : null}
        {device && mayEdit ? <OpenDeviceEditor device={device} /> : null}
      </PageHead>
      {device
        ? (
          <>
            <Tabs
              label={t("device.tabs")}
              current={current}
              tabs={tabs.map((k) => ({
                key: k,
                title: t(`device.tab.${k}`),
                href: k === "overview" ? `/devices/${id}` : `/devices/${id}/${k}`,
              }))}
            />
            {current === "overview"
              ? (
                <DeviceOverview
                  device={device}
                  application={application.data}
                  mayEdit={mayEdit}
                  onChange={loaded.set}
                />
              )
              : current === "log"
              ? (
                <LogPanel
                  base={`devices/${id}/logs`}
                  topic={`device/${id}/log`}
                  name={device.name}
                />
              )
              : current === "environment"
              ? <EnvironmentPanel path={`devices/${id}/environment`} />
              : current === "settings"
              ? <DeviceSettings device={device} onChange={loaded.set} />
              : <DeviceDanger device={device} />}
          </>
        )
        : (
          <section className="panel">
            {loaded.error ? <Failed error={loaded.error} retry={loaded.reload} /> : <Loading />}
          </section>
        )}
    </div>
  );
}

/** Start, stop, restart, keep what runs, work on the device itself. */
function Control({ device, onChange }: { device: Device; onChange: () => void }) {
  const action = useAction();
  const [leaving, setLeaving] = useState(false);
  const command = (name: string, said: string) =>
    action.run(async () => {
      await api.post(`devices/${device.id}/commands`, { command: name });
      toast(said);
      onChange();
    });
  const keep = () =>
    action.run(async () => {
      await api.post(`devices/${device.id}/snapshots`, {
        name: `${device.name} ${new Date().toISOString().slice(0, 16).replace("T", " ")}`,
      });
      toast(t("device.kept"));
    });
  const items: MenuItem[] = [
    device.run === "stopped"
      ? {
        label: t("instance.start"),
        icon: "play-fill",
        onPick: () => command("start", t("device.told")),
      }
      : {
        label: t("instance.stop"),
        icon: "stop-fill",
        onPick: () => command("stop", t("device.told")),
      },
    {
      label: t("instance.restart"),
      icon: "arrow-clockwise",
      onPick: () => command("restart", t("device.told")),
    },
    { label: t("device.keep"), icon: "camera", onPick: keep },
    device.mode === "developer"
      ? {
        label: t("device.leaveDeveloper"),
        icon: "box-arrow-left",
        onPick: () => setLeaving(true),
      }
      : {
        label: t("device.developer"),
        icon: "tools",
        onPick: () => command("developer", t("device.isDeveloper")),
      },
  ];
  return (
    <>
      <Menu
        label={t("device.actions")}
        icon="three-dots-vertical"
        text={t("device.actions")}
        items={items}
      />
      {action.error && !leaving ? <ProblemNote error={action.error} /> : null}
      {leaving
        ? (
          <Confirm
            title={t("device.leaveAsk", { name: device.name })}
            verb={t("device.leaveDeveloper")}
            busy={action.busy}
            error={action.error}
            onClose={() => setLeaving(false)}
            onConfirm={async () => {
              if (await command("autonomous", t("device.isAutonomous"))) setLeaving(false);
            }}
          >
            <p>{t("device.leaveText")}</p>
            <p>
              <Button icon="camera" onClick={keep}>{t("device.keepFirst")}</Button>
            </p>
          </Confirm>
        )
        : null}
    </>
  );
}

function OpenDeviceEditor({ device }: { device: Device }) {
  const action = useAction();
  const open = () =>
    action.run(async () => {
      handOver(await api.post<Handover>(`devices/${device.id}/editor-session`), "_blank");
    });
  const why = !device.connected
    ? t("device.editorOffline")
    : device.mode !== "developer" && device.agent === "stock"
    ? t("device.editorDeveloper")
    : null;
  return (
    <>
      <Button kind="primary" icon="pencil-square" busy={action.busy} why={why} onClick={open}>
        {t("editor.open")}
      </Button>
      {action.error ? <ProblemNote error={action.error} /> : null}
    </>
  );
}
