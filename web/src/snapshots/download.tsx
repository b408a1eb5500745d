import { useState } from "react";
import { download, query } from "../api/client.ts";
import type { Snapshot } from "../api/types.ts";
import { useAction } from "../api/use.ts";
import { isHeaderText } from "../core/names.ts";
import { t } from "../i18n/text.ts";
import { Dialog } from "../ui/dialog.tsx";
import { BoxChoice, CheckBox, Form, TextField } from "../ui/fields.tsx";
import { DialogFoot } from "../ui/form-parts.tsx";

/** The server refuses shorter ones. */
const SHORTEST = 12;

/** Credentials leave this server only sealed with a passphrase, which goes in a header. */
export function DownloadSnapshot(
  p: { snapshot: Snapshot; mayTakeCredentials: boolean; onClose: () => void },
) {
  const { snapshot } = p;
  const [format, setFormat] = useState("lineside");
  const [sealed, setSealed] = useState(false);
  const [passphrase, setPassphrase] = useState("");
  const action = useAction();
  const possible = snapshot.hasCredentials && p.mayTakeCredentials && format !== "flows";
  const wanted = sealed && possible;
  const short = wanted && passphrase.length < SHORTEST;
  const fields = action.error?.problem.fields ?? {};
  return (
    <Dialog title={t("snapshots.download", { name: snapshot.name })} onClose={p.onClose}>
      <Form
        error={action.error}
        onSubmit={() =>
          isHeaderText(passphrase) && !short && action.run(async () => {
            await download(
              query(`snapshots/${snapshot.id}/download`, { format }),
              `${snapshot.name}.json`,
              wanted ? { "x-lineside-passphrase": passphrase } : undefined,
            );
            p.onClose();
          })}
      >
        <BoxChoice
          legend={t("snapshots.format")}
          value={format}
          onChange={setFormat}
          choices={[
            { value: "lineside", label: "Lineside", note: t("snapshots.formatLineside") },
            { value: "flowfuse", label: "FlowFuse", note: t("snapshots.formatFlowFuse") },
            { value: "flows", label: "flows.json", note: t("snapshots.formatFlows") },
          ]}
        />
        {snapshot.hasCredentials
          ? (
            <CheckBox
              label={t("snapshots.withCredentials")}
              hint={!p.mayTakeCredentials
                ? t("why.role")
                : format === "flows"
                ? t("snapshots.flowsWithout")
                : t("snapshots.passphraseHint")}
              checked={wanted}
              disabled={!possible}
              onChange={setSealed}
            />
          )
          : <p className="muted">{t("snapshots.noCredentials")}</p>}
        {wanted
          ? (
            <TextField
              label={t("snapshots.passphrase")}
              hint={t("snapshots.passphraseLength", { n: SHORTEST })}
              type="password"
              required
              autoComplete="new-password"
              value={passphrase}
              onChange={setPassphrase}
              error={isHeaderText(passphrase) ? fields.passphrase : t("snapshots.passphraseAscii")}
            />
          )
          : null}
        <DialogFoot
          verb={t("download")}
          icon="download"
          busy={action.busy}
          why={short ? t("snapshots.passphraseLength", { n: SHORTEST }) : null}
          onClose={p.onClose}
        />
      </Form>
    </Dialog>
  );
}
