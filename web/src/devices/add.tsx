import { type ReactNode, useState } from "react";
import { api } from "../api/client.ts";
import type { DeviceImport, NewEnrolmentToken } from "../api/types.ts";
import { useAction } from "../api/use.ts";
import { t, tn } from "../i18n/text.ts";
import { useApplications } from "../snapshots/use-applications.ts";
import { Button } from "../ui/button.tsx";
import { BoxChoice, CheckBox, Form, SelectField, TextArea, TextField } from "../ui/fields.tsx";
import { useQuery } from "../ui/navigation.ts";
import { PageHead, Panel } from "../ui/page-head.tsx";
import { Handed, saveText } from "./handed.tsx";

const WAYS = ["bundle", "code", "provisioning", "request", "import"] as const;
type Way = typeof WAYS[number];

/** All ways in, each with the words of who stands before the device. */
export function AddDevices() {
  const [way, setWay] = useQuery("way", "bundle");
  const chosen = WAYS.find((w) => w === way) ?? "bundle";
  return (
    <div className="page narrow">
      <PageHead title={t("enrol.title")} note={t("enrol.note")} />
      <Panel title={t("enrol.way")}>
        <div className="pad">
          <BoxChoice
            legend={t("enrol.way")}
            quiet
            value={chosen}
            onChange={(v) => setWay(v)}
            choices={WAYS.map((w) => ({
              value: w,
              label: t(`enrol.${w}`),
              note: t(`enrol.${w}Text`),
            }))}
          />
        </div>
      </Panel>
      {chosen === "request"
        ? <Disconnected />
        : chosen === "import"
        ? <Import />
        : <MakeToken key={chosen} kind={chosen} />}
    </div>
  );
}

function useHome(): { application: string; team: string | undefined; field: ReactNode } {
  const { data, teams } = useApplications();
  const [picked, setPicked] = useState<string | null>(null);
  const application = picked ?? (data?.length === 1 ? data[0].id : "");
  const team = data?.find((a) => a.id === application)?.teamId ?? teams?.[0]?.id;
  return {
    application,
    team,
    field: (
      <SelectField
        label={t("application")}
        value={application}
        onChange={setPicked}
        choices={[
          { value: "", label: t("device.unassigned") },
          ...(data ?? []).map((a) => ({ value: a.id, label: a.name })),
        ]}
      />
    ),
  };
}

function MakeToken({ kind }: { kind: Exclude<Way, "request" | "import"> }) {
  const home = useHome();
  const [name, setName] = useState("");
  const [uses, setUses] = useState("1");
  const [days, setDays] = useState("7");
  const [confirm, setConfirm] = useState(false);
  const [expected, setExpected] = useState("");
  const [handed, setHanded] = useState<NewEnrolmentToken | null>(null);
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  const make = () =>
    action.run(async () => {
      setHanded(
        await api.post<NewEnrolmentToken>("enrolment-tokens", {
          kind,
          name: name.trim() || t("enrol.defaultName"),
          teamId: home.team,
          applicationId: home.application || null,
          uses: Number(uses),
          confirm,
          expiresInHours: days ? Number(days) * 24 : null,
          expect: expectation(expected.trim()),
        }),
      );
    });
  return (
    <Panel title={t(`enrol.${kind}`)}>
      <Form onSubmit={make} error={action.error} className="form pad">
        {home.field}
        <TextField
          label={t("name")}
          hint={t("enrol.tokenNameHint")}
          maxLength={80}
          value={name}
          onChange={setName}
          error={fields.name}
        />
        <TextField
          label={t("enrol.uses")}
          hint={t("enrol.usesHint")}
          type="number"
          min={1}
          max={10000}
          required
          value={uses}
          onChange={setUses}
          error={fields.uses}
        />
        <TextField
          label={t("enrol.days")}
          hint={t("enrol.daysHint")}
          type="number"
          min={1}
          max={3650}
          value={days}
          onChange={setDays}
          error={fields.expiresInHours}
        />
        {kind === "provisioning" ? null : (
          <>
            <TextField
              label={t("enrol.expect")}
              hint={t("enrol.expectHint")}
              value={expected}
              onChange={setExpected}
              error={fields.expect}
            />
            <CheckBox
              label={t("enrol.confirm")}
              hint={t("enrol.confirmHint")}
              checked={confirm}
              onChange={setConfirm}
            />
          </>
        )}
        <div className="form-foot">
          <span className="grow" />
          <Button type="submit" kind="primary" busy={action.busy}>{t(`enrol.${kind}Make`)}</Button>
        </div>
      </Form>
      {handed ? <Handed token={handed} onClose={() => setHanded(null)} /> : null}
    </Panel>
  );
}

/** A MAC address is six pairs; anything else is a serial number. */
function expectation(text: string): { serial?: string; mac?: string } {
  if (!text) return {};
  return /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(text) ? { mac: text } : { serial: text };
}

/** No path at all between device and server: a file goes there and one comes back. */
function Disconnected() {
  const home = useHome();
  const [text, setText] = useState("");
  const [answer, setAnswer] = useState<string | null>(null);
  const action = useAction();
  const send = () =>
    action.run(async () => {
      const got = await api.post<{ answer: string }>("enrolment-requests", {
        request: text,
        teamId: home.team,
        applicationId: home.application || null,
      });
      setAnswer(got.answer);
    });
  return (
    <Panel title={t("enrol.request")}>
      <Form onSubmit={send} error={action.error} className="form pad">
        <ol className="plain-list">
          <li>{t("enrol.requestStep1")}</li>
          <li>{t("enrol.requestStep2")}</li>
          <li>{t("enrol.requestStep3")}</li>
        </ol>
        {home.field}
        <div className="form-field">
          <label htmlFor="request-file">{t("enrol.requestFile")}</label>
          <input
            id="request-file"
            className="input"
            type="file"
            onChange={async (e) => setText(await e.target.files?.[0]?.text() ?? "")}
          />
        </div>
        <TextArea label={t("enrol.requestText")} rows={5} code value={text} onChange={setText} />
        <div className="form-foot">
          {answer
            ? (
              <Button icon="download" onClick={() => saveText("device.answer", answer)}>
                {t("enrol.saveAnswer")}
              </Button>
            )
            : null}
          <span className="grow" />
          <Button
            type="submit"
            kind="primary"
            busy={action.busy}
            why={text.trim() ? null : t("enrol.requestFirst")}
          >
            {t("enrol.sign")}
          </Button>
        </div>
      </Form>
    </Panel>
  );
}

const EXAMPLE = "name;type;tags;group\nPress 4;press controller;line=3 hall-2;";

/** Hundreds of devices from a table; first what would happen, then that. */
function Import() {
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
          applicationId: home.application || null,
        }),
      );
    });
  const tried = result?.dryRun && result.refused === 0;
  return (
    <Panel title={t("enrol.import")}>
      <Form onSubmit={() => send(!tried)} error={action.error} className="form pad">
        <p>{t("enrol.importHow")}</p>
        <pre className="code-block">{EXAMPLE}</pre>
        {home.field}
        <div className="form-field">
          <label htmlFor="import-file">{t("enrol.importFile")}</label>
          <input
            id="import-file"
            className="input"
            type="file"
            accept=".csv,text/csv,text/plain"
            onChange={async (e) => {
              setCSV(await e.target.files?.[0]?.text() ?? "");
              setResult(null);
            }}
          />
        </div>
        {result ? <ImportResult result={result} /> : null}
        <div className="form-foot">
          <span className="grow" />
          <Button
            type="submit"
            kind="primary"
            busy={action.busy}
            why={csv.trim() ? result?.applied ? t("enrol.imported") : null : t("enrol.importFirst")}
          >
            {tried ? tn("enrol.importDo", result.good) : t("enrol.importTry")}
          </Button>
        </div>
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
