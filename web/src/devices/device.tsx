import { somewhere } from "../api/permissions.ts";
import type { Application, Device } from "../api/types.ts";
import { useLoad, useTopic } from "../api/use.ts";
import { useCrumb } from "../app/crumbs.ts";
import { session } from "../app/session.ts";
import { t } from "../i18n/text.ts";
import { EnvironmentPanel } from "../instances/environment.tsx";
import { LogPanel } from "../instances/log.tsx";
import { PageHead } from "../ui/page-head.tsx";
import { Said } from "../ui/said.tsx";
import { Failed, Loading } from "../ui/states.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { useStore } from "../ui/use-store.ts";
import { DeviceControl } from "./control.tsx";
import { DeviceDanger } from "./danger.tsx";
import { OpenDeviceEditor, OpenDevicePagesLink } from "./open.tsx";
import { DeviceOverview } from "./overview.tsx";
import { Override } from "./override.tsx";
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
              <DeviceStatus device={device} /> <Said text={device.problem} />
            </>
          )
          : null}
      >
        {device && mayEdit ? <DeviceControl device={device} onChange={loaded.reload} /> : null}
        {device ? <OpenDevicePagesLink device={device} /> : null}
        {device ? <OpenDeviceEditor device={device} mayEdit={mayEdit} /> : null}
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
            {device.phase === "waiting" && device.agent === "lineside"
              ? <Override device={device} mayEdit={mayEdit} />
              : null}
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
