import { useState } from "react";
import { api } from "../api/client.ts";
import type { Device } from "../api/types.ts";
import { useAction } from "../api/use.ts";
import { t } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/dialog.tsx";
import { Menu, type MenuItem } from "../ui/menu.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { toast } from "../ui/toast.tsx";

/** Start, stop, restart, keep what runs, work on the device itself. */
export function DeviceControl({ device, onChange }: { device: Device; onChange: () => void }) {
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
