import type { Retention, Vault } from "../api/types.ts";
import { useLoad } from "../api/use.ts";
import { bytes, number } from "../i18n/format.ts";
import { t } from "../i18n/text.ts";
import { Facts, Panel } from "../ui/page-head.tsx";
import { Await } from "../ui/states.tsx";
import { Shape } from "../ui/status.tsx";
import { Time } from "../ui/time.tsx";
import { NumbersForm } from "../ui/form-parts.tsx";

/** How long versions stay, and how the vault that holds them is. */
export function Keeping() {
  const retention = useLoad<Retention>("site/retention");
  const vault = useLoad<Vault>("site/vault");
  return (
    <>
      <Panel title={t("keeping.title")}>
        <Await of={retention}>
          {(given) => (
            <NumbersForm
              path="site/retention"
              text={t("keeping.text")}
              given={given}
              fields={[
                { key: "keepVersions", label: t("keeping.versions"), min: 1 },
                { key: "keepDays", label: t("keeping.days"), min: 0 },
                { key: "keepAuditDays", label: t("keeping.audit"), min: 90 },
              ]}
              onSaved={(r) => retention.set({ ...given, ...r })}
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
