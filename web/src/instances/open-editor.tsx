import { useState } from "react";
import { api } from "../api/client.ts";
import { may } from "../api/permissions.ts";
import type { Handover, Instance } from "../api/types.ts";
import { useAction } from "../api/use.ts";
import { t } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { Status } from "../ui/status.tsx";

/** Posts a one-time code as a form field to another origin: it never stands in an address. */
export function handOver(to: Handover, target: "_blank" | "_self"): void {
  const form = document.createElement("form");
  form.method = "post";
  form.action = to.url;
  form.target = target;
  form.hidden = true;
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = "code";
  field.value = to.code;
  form.append(field);
  document.body.append(form);
  form.submit();
  form.remove();
}

const UP: readonly string[] = ["running", "unhealthy", "safe"];

/** Opens the editor in a new tab; where nothing runs, offers to start it first. */
export function OpenEditor({ instance }: { instance: Instance }) {
  const [asking, setAsking] = useState(false);
  const action = useAction();
  const open = () =>
    action.run(async () => {
      handOver(await api.post<Handover>(`instances/${instance.id}/editor`), "_blank");
      setAsking(false);
    });
  const why = may(instance, "flows.read") ? null : t("why.role");
  const readOnly = !may(instance, "flows.edit");
  return (
    <>
      <Button
        kind="primary"
        icon="pencil-square"
        busy={action.busy && !asking}
        why={why}
        onClick={() => UP.includes(instance.state) ? open() : setAsking(true)}
      >
        {readOnly ? t("editor.openReadOnly") : t("editor.open")}
      </Button>
      {action.error && !asking ? <ProblemNote error={action.error} /> : null}
      {asking
        ? (
          <StartFirst
            instance={instance}
            open={open}
            opening={action.busy}
            error={action.error ? <ProblemNote error={action.error} /> : null}
            onClose={() => setAsking(false)}
          />
        )
        : null}
    </>
  );
}

function StartFirst(
  p: {
    instance: Instance;
    open: () => void;
    opening: boolean;
    error: React.ReactNode;
    onClose: () => void;
  },
) {
  const start = useAction();
  const { instance } = p;
  const up = UP.includes(instance.state);
  const moving = ["starting", "stopping", "backing-off"].includes(instance.state);
  return (
    <Dialog title={t("editor.notRunning", { name: instance.name })} onClose={p.onClose}>
      <p>{up ? t("editor.isRunning") : moving ? t("editor.wait") : t("editor.startFirst")}</p>
      <p role="status">
        <Status state={instance.state} />
      </p>
      {instance.stateDetail ? <p className="muted">{instance.stateDetail}</p> : null}
      {start.error ? <ProblemNote error={start.error} /> : null}
      {p.error}
      <div className="dialog-foot">
        <Button onClick={p.onClose}>{t("cancel")}</Button>
        {up
          ? (
            <Button kind="primary" icon="pencil-square" busy={p.opening} onClick={p.open}>
              {t("editor.open")}
            </Button>
          )
          : (
            <Button
              kind="primary"
              icon="play-fill"
              busy={start.busy || moving}
              why={may(instance, "instance.control") ? null : t("why.role")}
              onClick={() =>
                start.run(() => api.post(`instances/${instance.id}/actions`, { action: "start" }))}
            >
              {t("instance.start")}
            </Button>
          )}
      </div>
    </Dialog>
  );
}
