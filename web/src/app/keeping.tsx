import { useState } from "react";
import { api } from "../api/client.ts";
import type { Retention, Vault } from "../api/types.ts";
import { useAction, useLoad } from "../api/use.ts";
import { bytes, number } from "../i18n/format.ts";
import { t } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Form, TextField } from "../ui/fields.tsx";
import { useUnsaved } from "../ui/navigation.ts";
import { Facts, Panel } from "../ui/page-head.tsx";
import { Await } from "../ui/states.tsx";
import { Shape } from "../ui/status.tsx";
import { Time } from "../ui/time.tsx";
import { toast } from "../ui/toast.tsx";

/** How long versions stay, and how the vault that holds them is. */
export function Keeping() {
  const retention = useLoad<Retention>("site/retention");
  const vault = useLoad<Vault>("site/vault");
  return (
    <>
      <Panel title={t("keeping.title")}>
        <Await of={retention}>
          {(r) => (
            <RetentionForm
              key={`${r.keepVersions} ${r.keepDays} ${r.keepAuditDays}`}
              retention={r}
              onSaved={retention.set}
            />
          )}
        </Await>
      </Panel>
      <Panel title={t("vault.title")}>
        <Await of={vault}>{(v) => <VaultFacts vault={v} />}</Await>
      </Panel>
    </>
  );
}

function RetentionForm(
  { retention, onSaved }: { retention: Retention; onSaved: (r: Retention) => void },
) {
  const [versions, setVersions] = useState(String(retention.keepVersions));
  const [days, setDays] = useState(String(retention.keepDays));
  const [audit, setAudit] = useState(String(retention.keepAuditDays));
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  const dirty = versions !== String(retention.keepVersions) ||
    days !== String(retention.keepDays) || audit !== String(retention.keepAuditDays);
  useUnsaved(dirty);
  const save = () =>
    action.run(async () => {
      onSaved(
        await api.patch<Retention>("site/retention", {
          keepVersions: Number(versions),
          keepDays: Number(days),
          keepAuditDays: Number(audit),
        }),
      );
      toast(t("saved"));
    });
  return (
    <Form onSubmit={save} error={action.error} className="form pad columns">
      <p className="whole">{t("keeping.text")}</p>
      <TextField
        label={t("keeping.versions")}
        type="number"
        min={1}
        required
        value={versions}
        onChange={setVersions}
        error={fields.keepVersions}
      />
      <TextField
        label={t("keeping.days")}
        type="number"
        min={0}
        required
        value={days}
        onChange={setDays}
        error={fields.keepDays}
      />
      <TextField
        label={t("keeping.audit")}
        type="number"
        min={90}
        required
        value={audit}
        onChange={setAudit}
        error={fields.keepAuditDays}
      />
      <div className="form-foot whole">
        <span className="grow" />
        <Button type="submit" kind="primary" busy={action.busy} why={dirty ? null : t("unchanged")}>
          {t("save")}
        </Button>
      </div>
    </Form>
  );
}

function VaultFacts({ vault }: { vault: Vault }) {
  const saved = vault.contentSize > 0 ? 1 - vault.storedSize / vault.contentSize : 0;
  return (
    <>
      {vault.damaged.map((d) => (
        <div key={d.digest} className="detail is-alarm vault-damage" role="alert">
          <Shape severity="alarm" />
          <div>
            <p>
              {t("vault.damaged")} <code className="digest">{d.digest.slice(0, 16)}</code>
            </p>
            <ul className="plain-list">
              {d.affects.map((sentence) => <li key={sentence}>{sentence}</li>)}
            </ul>
            <p>{d.affects.length ? t("vault.damagedText") : t("vault.damagedNothing")}</p>
          </div>
        </div>
      ))}
      <Facts
        rows={[
          [t("vault.holds"), bytes(vault.contentSize)],
          [t("vault.takes"), bytes(vault.storedSize)],
          [t("vault.saved"), t("vault.percent", { n: number(Math.max(0, saved) * 100, 1) })],
          [
            t("vault.files"),
            t("vault.filesIn", { files: number(vault.files), chunks: number(vault.chunks) }),
          ],
          [
            t("vault.checked"),
            vault.lastScrub ? <Time key="t" at={vault.lastScrub} /> : t("vault.notYet"),
          ],
          vault.damaged.length ? null : [t("vault.damage"), t("vault.noDamage")],
        ]}
      />
    </>
  );
}
