import { useState } from "react";
import { api } from "../api/client.ts";
import type { Device } from "../api/types.ts";
import { useAction } from "../api/use.ts";
import { t } from "../i18n/text.ts";
import { Confirm } from "../ui/dialog.tsx";
import { BoxChoice } from "../ui/fields.tsx";
import { Menu, type MenuItem } from "../ui/menu.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { toast } from "../ui/toast.tsx";

/** What becomes of edits on a device that goes back to its snapshot. */
type Edits = "snapshot" | "keep" | "discard";

interface OrderResult {
  state: "done" | "waiting";
}

/** Start, stop, restart, keep what runs, find it, renew its certificate, work on the device itself. */
export function DeviceControl({ device, onChange }: { device: Device; onChange: () => void }) {
  const action = useAction();
  const [leaving, setLeaving] = useState(false);
  const [edits, setEdits] = useState<Edits>("keep");
  const command = (name: string, said: string, more: Record<string, unknown> = {}) =>
    action.run(async () => {
      const answer = await api.post<OrderResult>(`devices/${device.id}/commands`, {
        command: name,
        ...more,
      });
      toast(answer.state === "waiting" ? t("device.learnsLater") : said);
      onChange();
    });
  const keep = () =>
    action.run(async () => {
      await api.post(`devices/${device.id}/snapshots`, {
        name: `${device.name} ${new Date().toISOString().slice(0, 16).replace("T", " ")}`,
      });
      toast(t("device.kept"));
    });
  const away = device.connected ? null : t("device.editorOffline");
  const items: MenuItem[] = [
    device.run === "stopped"
      ? {
        label: t("instance.start"),
        icon: "play-fill",
        onPick: () => command("start", t("device.told")),
      }
      : {
        label: t("act.stop"),
        icon: "stop-fill",
        onPick: () => command("stop", t("device.told")),
      },
    {
      label: t("act.restart"),
      icon: "arrow-clockwise",
      why: away,
      onPick: () => command("restart", t("device.told")),
    },
    { label: t("device.keep"), icon: "camera", why: away, onPick: keep },
    ...(device.agent === "stock" ? [] : [
      {
        label: t("device.identify"),
        icon: "lightbulb",
        why: away,
        onPick: () => command("identify", t("device.identified")),
      },
      {
        label: t("device.renew"),
        icon: "patch-check",
        why: away,
        onPick: () => command("renew", t("device.renewed")),
      },
    ]),
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
              const sent = edits === "keep" ? {} : { keep: edits };
              if (await command("autonomous", t("device.isAutonomous"), sent)) setLeaving(false);
            }}
          >
            <BoxChoice
              legend={t("device.leaveText")}
              value={edits}
              onChange={(v) => setEdits(v as Edits)}
              choices={(["snapshot", "keep", "discard"] as const).map((v) => ({
                value: v,
                label: t(`device.edits.${v}`),
                note: t(`device.editsNote.${v}`),
              }))}
            />
          </Confirm>
        )
        : null}
    </>
  );
}
