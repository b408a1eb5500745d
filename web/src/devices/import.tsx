import { useState } from "react";
import { api } from "../api/client.ts";
import type { DeviceImport } from "../api/types.ts";
import { useAction } from "../api/use.ts";
import { t, tn } from "../i18n/text.ts";
import { Form } from "../ui/fields.tsx";
import { FileField, FormFoot } from "../ui/form-parts.tsx";
import { Panel } from "../ui/page-head.tsx";
import { useHome } from "./home.tsx";

const EXAMPLE = "name;type;tags;group\nPress 4;press controller;line=3 hall-2;";

/** Hundreds of devices from a table; first what would happen, then that. */
export function Import() {
  const home = useHome();
  const [csv, setCSV] = useState("");
  const [result, setResult] = useState<DeviceImport | null>(null);
  const action = useAction();
  const send = (dryRun: boolean) =>
    action.run(async () => {
      setResult(
        await api.post<DeviceImport>("device-imports", {
          csv,
          dryRun,
          teamId: home.team,
          applicationId: home.application,
        }),
      );
    });
  const tried = result?.dryRun && result.refused === 0;
  return (
    <Panel title={t("way.import")}>
      <Form onSubmit={() => send(!tried)} error={action.error} className="form pad">
        <p>{t("enrol.importHow")}</p>
        <pre className="code-block">{EXAMPLE}</pre>
        {home.field}
        <FileField
          label={t("enrol.importFile")}
          accept=".csv,text/csv,text/plain"
          onText={(text) => {
            setCSV(text);
            setResult(null);
          }}
        />
        {result ? <ImportResult result={result} /> : null}
        <FormFoot
          verb={tried ? tn("enrol.importDo", result.good) : t("enrol.importTry")}
          busy={action.busy}
          why={csv.trim() ? result?.applied ? t("enrol.imported") : null : t("enrol.importFirst")}
        />
      </Form>
    </Panel>
  );
}

function ImportResult({ result }: { result: DeviceImport }) {
  const wrong = result.rows.filter((r) => r.problem !== null);
  return (
    <div role="status">
      <p>
        {t(result.applied ? "enrol.importDid" : "enrol.importWould", {
          good: result.good,
          refused: result.refused,
        })}
      </p>
      {wrong.length > 0
        ? (
          <ul className="plain-list">
            {wrong.slice(0, 50).map((r) => (
              <li key={r.line}>
                {t("enrol.importLine", { line: r.line, name: r.name, text: r.problem ?? "" })}
              </li>
            ))}
          </ul>
        )
        : null}
    </div>
  );
}
