import { useState } from "react";
import { api } from "../api/client.ts";
import type { Device, DeviceOverride } from "../api/types.ts";
import { useAction, useEvery, useLoad } from "../api/use.ts";
import { t } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Form, TextArea } from "../ui/fields.tsx";
import { DialogFoot } from "../ui/form-parts.tsx";
import { Panel } from "../ui/page-head.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { Said } from "../ui/said.tsx";
import { Time } from "../ui/time.tsx";
import { toast } from "../ui/toast.tsx";

/** A device that says “not now”: one person asks that it switches all the same, a second allows it. */
export function Override({ device, mayEdit }: { device: Device; mayEdit: boolean }) {
  const path = `devices/${device.id}/override`;
  const loaded = useLoad<DeviceOverride>(path);
  useEvery(10, loaded.reload);
  const [asking, setAsking] = useState(false);
  const action = useAction();
  const open = loaded.data?.reason ? loaded.data : null;
  const decide = (work: () => Promise<unknown>, said: string) =>
    action.run(async () => {
      await work();
      toast(said);
      loaded.reload();
    });
  return (
    <Panel title={t("override.title")} className="attention">
      <div className="pad">
        <p>{device.problem ? <Said text={device.problem} /> : t("override.waits")}</p>
        {open
          ? (
            <p>
              <strong>{t("override.asked", { name: open.askedBy ?? "" })}</strong> {open.reason}
              {open.until
                ? (
                  <span className="muted">
                    {" "}
                    {t("override.until")} <Time at={open.until} />
                  </span>
                )
                : null}
            </p>
          )
          : null}
        {action.error ? <ProblemNote error={action.error} /> : null}
        {mayEdit && loaded.data
          ? (
            <p className="tools-row wraps">
              {open
                ? (
                  <>
                    <Button
                      kind="danger"
                      busy={action.busy}
                      why={open.mayApprove ? null : t("override.second")}
                      onClick={() =>
                        decide(() => api.post(`${path}/approve`), t("override.approved"))}
                    >
                      {t("override.approve")}
                    </Button>
                    <Button
                      busy={action.busy}
                      onClick={() => decide(() => api.delete(path), t("override.withdrawn"))}
                    >
                      {t(open.mayApprove ? "enrol.refuse" : "override.withdraw")}
                    </Button>
                  </>
                )
                : <Button onClick={() => setAsking(true)}>{t("override.ask")}</Button>}
            </p>
          )
          : null}
      </div>
      {asking
        ? (
          <Ask
            device={device}
            onClose={() => setAsking(false)}
            onDone={(asked) => {
              loaded.set(asked);
              setAsking(false);
            }}
          />
        )
        : null}
    </Panel>
  );
}

function Ask(
  p: { device: Device; onClose: () => void; onDone: (asked: DeviceOverride) => void },
) {
  const [reason, setReason] = useState("");
  const action = useAction();
  const send = () =>
    action.run(async () => {
      p.onDone(await api.post<DeviceOverride>(`devices/${p.device.id}/override`, { reason }));
    });
  return (
    <Dialog title={t("override.askTitle", { name: p.device.name })} onClose={p.onClose}>
      <Form onSubmit={send} error={action.error}>
        <p>{t("override.askText")}</p>
        <TextArea
          label={t("override.reason")}
          required
          value={reason}
          onChange={setReason}
          error={action.error?.problem.fields?.reason}
        />
        <DialogFoot
          verb={t("override.ask")}
          busy={action.busy}
          why={reason.trim().length < 3 ? t("override.reasonFirst") : null}
          onClose={p.onClose}
        />
      </Form>
    </Dialog>
  );
}
