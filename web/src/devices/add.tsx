import { useState } from "react";
import { api } from "../api/client.ts";
import type { NewEnrolmentToken } from "../api/types.ts";
import { useAction } from "../api/use.ts";
import { t } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { BoxChoice, CheckBox, Form, TextArea, TextField } from "../ui/fields.tsx";
import { FileField, FormFoot } from "../ui/form-parts.tsx";
import { useQuery } from "../ui/navigation.ts";
import { PageHead, Panel } from "../ui/page-head.tsx";
import { Handed, saveText } from "./handed.tsx";
import { useHome } from "./home.tsx";
import { Import } from "./import.tsx";

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
              label: t(`way.${w}`),
              note: t(`wayText.${w}`),
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
          applicationId: home.application,
          uses: Number(uses),
          confirm,
          expiresInHours: days ? Number(days) * 24 : null,
          expect: expectation(expected.trim()),
        }),
      );
    });
  return (
    <Panel title={t(`way.${kind}`)}>
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
        <FormFoot verb={t(`wayMake.${kind}`)} busy={action.busy} />
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
        applicationId: home.application,
      });
      setAnswer(got.answer);
    });
  return (
    <Panel title={t("way.request")}>
      <Form onSubmit={send} error={action.error} className="form pad">
        <ol className="plain-list">
          <li>{t("enrol.requestStep1")}</li>
          <li>{t("enrol.requestStep2")}</li>
          <li>{t("enrol.requestStep3")}</li>
        </ol>
        {home.field}
        <FileField label={t("enrol.requestFile")} onText={setText} />
        <TextArea label={t("wayText.request")} rows={5} code value={text} onChange={setText} />
        <FormFoot
          verb={t("enrol.sign")}
          busy={action.busy}
          why={text.trim() ? null : t("enrol.requestFirst")}
        >
          {answer
            ? (
              <Button icon="download" onClick={() => saveText("device.answer", answer)}>
                {t("enrol.saveAnswer")}
              </Button>
            )
            : null}
        </FormFoot>
      </Form>
    </Panel>
  );
}
