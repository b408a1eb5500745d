import { useState } from "react";
import { api } from "../api/client.ts";
import type { Device, NewEnrolmentToken } from "../api/types.ts";
import { useAction } from "../api/use.ts";
import { t } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/dialog.tsx";
import { navigate } from "../ui/navigation.ts";
import { Panel } from "../ui/page-head.tsx";
import { toast } from "../ui/toast.tsx";
import { Handed } from "./handed.tsx";

/** Replace the hardware, lock it out, remove it. */
export function DeviceDanger({ device }: { device: Device }) {
  const [asking, setAsking] = useState<"revoke" | "delete" | null>(null);
  const [handed, setHanded] = useState<NewEnrolmentToken | null>(null);
  const action = useAction();
  const replace = () =>
    action.run(async () => {
      setHanded(await api.post<NewEnrolmentToken>(`devices/${device.id}/re-enrol`, {}));
    });
  return (
    <Panel title={t("device.tab.danger")} className="danger-panel">
      <ul className="rows">
        <li>
          <div className="grow">
            <h3>{t("device.replace")}</h3>
            <p className="muted">{t("device.replaceText")}</p>
          </div>
          <Button icon="arrow-repeat" busy={action.busy && asking === null} onClick={replace}>
            {t("device.replace")}
          </Button>
        </li>
        <li>
          <div className="grow">
            <h3>{t("device.revoke")}</h3>
            <p className="muted">{t("device.revokeText")}</p>
          </div>
          <Button
            kind="danger"
            icon="slash-circle"
            why={device.agent === null ? t("device.notEnrolled") : null}
            onClick={() => setAsking("revoke")}
          >
            {t("device.revoke")}
          </Button>
        </li>
        <li>
          <div className="grow">
            <h3>{t("device.delete")}</h3>
            <p className="muted">{t("device.deleteText")}</p>
          </div>
          <Button kind="danger" icon="trash" onClick={() => setAsking("delete")}>
            {t("device.delete")}
          </Button>
        </li>
      </ul>
      {handed ? <Handed token={handed} onClose={() => setHanded(null)} /> : null}
      {asking === "revoke"
        ? (
          <Confirm
            title={t("device.revokeAsk", { name: device.name })}
            verb={t("device.revoke")}
            danger
            busy={action.busy}
            error={action.error}
            onClose={() => setAsking(null)}
            onConfirm={() =>
              action.run(async () => {
                await api.post(`devices/${device.id}/revoke`, {});
                toast(t("device.revokedNow"));
                setAsking(null);
              })}
          >
            <p>{t("device.revokeLost")}</p>
          </Confirm>
        )
        : asking === "delete"
        ? (
          <Confirm
            title={t("device.deleteAsk", { name: device.name })}
            verb={t("device.delete")}
            danger
            typed={device.name}
            busy={action.busy}
            error={action.error}
            onClose={() => setAsking(null)}
            onConfirm={() =>
              action.run(async () => {
                await api.delete(`devices/${device.id}`, { name: device.name });
                toast(t("danger.deleted", { name: device.name }));
                navigate("/devices");
              })}
          >
            <p>{t("device.deleteLost")}</p>
          </Confirm>
        )
        : null}
    </Panel>
  );
}
