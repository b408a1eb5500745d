import { api } from "../api/client.ts";
import type { Device, Handover } from "../api/types.ts";
import { useAction } from "../api/use.ts";
import { t } from "../i18n/text.ts";
import { handOver } from "../instances/open-editor.tsx";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { ProblemNote } from "../ui/problem.tsx";

/** Its editor in a new tab; who may not change flows looks on. A stock agent knows no onlookers. */
export function OpenDeviceEditor({ device, mayEdit }: { device: Device; mayEdit: boolean }) {
  const action = useAction();
  if (device.agent === "stock" && !mayEdit) return null;
  const open = () =>
    action.run(async () => {
      handOver(await api.post<Handover>(`devices/${device.id}/editor-session`), "_blank");
    });
  const why = device.agent === null
    ? t("device.notEnrolled")
    : !device.connected
    ? t("device.editorOffline")
    : device.mode !== "developer" && device.agent === "stock"
    ? t("device.editorDeveloper")
    : null;
  return (
    <>
      <Button kind="primary" icon="pencil-square" busy={action.busy} why={why} onClick={open}>
        {t(mayEdit ? "editor.open" : "editor.openReadOnly")}
      </Button>
      {action.error ? <ProblemNote error={action.error} /> : null}
    </>
  );
}

/** What its flows serve. A stock agent's tunnel leads to its editor only. */
export function OpenDevicePagesLink({ device }: { device: Device }) {
  if (device.agent !== "lineside") return null;
  return (
    <a className="btn" href={`/open/pages/d/${device.id}`} target="_blank" rel="noreferrer">
      <Icon name="box-arrow-up-right" />
      {t("instance.pages")}
    </a>
  );
}
