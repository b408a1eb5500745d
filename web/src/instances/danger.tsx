import { useState } from "react";
import { api } from "../api/client.ts";
import type { Instance } from "../api/types.ts";
import { useAction } from "../api/use.ts";
import { t } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/dialog.tsx";
import { navigate } from "../ui/navigation.ts";
import { Panel } from "../ui/page-head.tsx";
import { toast } from "../ui/toast.tsx";

/** Says what is lost and what stays before it asks for the name. */
export function DangerTab({ instance }: { instance: Instance }) {
  const [asking, setAsking] = useState(false);
  const action = useAction();
  return (
    <Panel title={t("danger.title")} className="danger-panel">
      <div className="rows pad">
        <div className="row">
          <div className="grow">
            <h3>{t("danger.delete")}</h3>
            <p className="muted">{t("danger.deleteShort")}</p>
          </div>
          <Button kind="danger" icon="trash" onClick={() => setAsking(true)}>
            {t("danger.delete")}
          </Button>
        </div>
      </div>
      {asking
        ? (
          <Confirm
            title={t("danger.deleteAsk", { name: instance.name })}
            verb={t("danger.delete")}
            danger
            typed={instance.name}
            busy={action.busy}
            error={action.error}
            onClose={() => setAsking(false)}
            onConfirm={() =>
              action.run(async () => {
                await api.delete(`instances/${instance.id}`, { name: instance.name });
                toast(t("danger.deleted", { name: instance.name }));
                navigate("/instances");
              })}
          >
            <p>{t("danger.lost")}</p>
            <p>{t("danger.stays")}</p>
          </Confirm>
        )
        : null}
    </Panel>
  );
}
