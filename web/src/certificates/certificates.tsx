import { useState } from "react";
import { api, raw } from "../api/client.ts";
import type { EnrolmentPolicy, SiteCertificates } from "../api/types.ts";
import { useAction, useLoad } from "../api/use.ts";
import { saveText } from "../devices/handed.tsx";
import { t } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { CopyButton } from "../ui/copy.tsx";
import { Confirm, Dialog } from "../ui/dialog.tsx";
import { Form, TextArea, TextField } from "../ui/fields.tsx";
import { Facts, Panel } from "../ui/page-head.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { Await } from "../ui/states.tsx";
import { Time } from "../ui/time.tsx";
import { toast } from "../ui/toast.tsx";
import { DialogFoot, NumbersForm } from "../ui/form-parts.tsx";

/** What the site shows to browsers and devices, and what brings it back after a loss. */
export function Certificates() {
  const loaded = useLoad<SiteCertificates>("site/certificates");
  return (
    <Await of={loaded}>
      {(certificates) => (
        <>
          <Kit certificates={certificates} onChange={loaded.reload} />
          <Server certificates={certificates} onChange={loaded.reload} />
          <Authority certificates={certificates} onChange={loaded.reload} />
          <DeviceTerms />
        </>
      )}
    </Await>
  );
}

/** For how long devices are let in. */
function DeviceTerms() {
  const policy = useLoad<EnrolmentPolicy>("site/enrolment");
  return (
    <Panel title={t("terms.title")}>
      <Await of={policy}>
        {(given) => (
          <NumbersForm
            path="site/enrolment"
            text={t("terms.text")}
            given={given}
            fields={[
              { key: "certificateDays", label: t("terms.days"), min: 30, max: 3650 },
              {
                key: "graceDays",
                label: t("terms.grace"),
                hint: t("terms.graceHint"),
                min: 0,
                max: 3650,
              },
            ]}
            onSaved={policy.set}
          />
        )}
      </Await>
    </Panel>
  );
}

interface Part {
  certificates: SiteCertificates;
  onChange: () => void;
}

/** Too short a word opens the site's key to whoever finds the file. */
const SHORTEST = 12;

function Kit({ certificates, onChange }: Part) {
  const [asking, setAsking] = useState(false);
  const [word, setWord] = useState("");
  const [again, setAgain] = useState("");
  const action = useAction();
  const at = certificates.recoveryKit.downloadedAt;
  const why = word.length < SHORTEST
    ? t("kit.short", { n: SHORTEST })
    : word !== again
    ? t("kit.differ")
    : null;
  const make = () =>
    !why && action.run(async () => {
      const answer = await raw("POST", "site/certificates/recovery-kit", {
        body: { passphrase: word },
      });
      saveText("lineside-recovery-kit.txt", await answer.text());
      setAsking(false);
      setWord("");
      setAgain("");
      onChange();
      toast(t("kit.saved"));
    });
  return (
    <Panel
      title={t("kit.title")}
      tools={
        <Button
          kind={at ? undefined : "primary"}
          icon="download"
          onClick={() => setAsking(true)}
        >
          {t("kit.make")}
        </Button>
      }
    >
      <div className="pad">
        <p>{t("kit.text")}</p>
        <p className={at ? "muted" : "warn-line"}>
          {at
            ? (
              <>
                {t("kit.last")} <Time at={at} />
              </>
            )
            : t("kit.never")}
        </p>
      </div>
      {asking
        ? (
          <Dialog title={t("kit.title")} onClose={() => setAsking(false)}>
            <Form onSubmit={make} error={action.error}>
              <p>{t("kit.how")}</p>
              <TextField
                label={t("kit.word")}
                hint={t("kit.wordHint", { n: SHORTEST })}
                type="password"
                autoComplete="new-password"
                value={word}
                onChange={setWord}
                error={action.error?.problem.fields?.passphrase}
              />
              <TextField
                label={t("kit.again")}
                type="password"
                autoComplete="new-password"
                value={again}
                onChange={setAgain}
              />
              <DialogFoot
                verb={t("kit.make")}
                busy={action.busy}
                why={why}
                onClose={() => setAsking(false)}
              />
            </Form>
          </Dialog>
        )
        : null}
    </Panel>
  );
}

function Server({ certificates, onChange }: Part) {
  const [asking, setAsking] = useState<"own" | "back" | null>(null);
  const action = useAction();
  const { server } = certificates;
  return (
    <Panel
      title={t("serverCert.title")}
      tools={
        <>
          {server.own
            ? <Button onClick={() => setAsking("back")}>{t("serverCert.back")}</Button>
            : null}
          <Button onClick={() => setAsking("own")}>{t("serverCert.upload")}</Button>
        </>
      }
    >
      <Facts
        rows={[
          [t("serverCert.issuer"), server.issuer],
          [t("expires"), <Time key="e" at={server.notAfter} />],
          [t("serverCert.names"), [...server.names, ...server.addresses].join(", ")],
        ]}
      />
      {server.warnings.length
        ? (
          <ul className="plain-list pad warn-line">
            {server.warnings.map((w) => <li key={w}>{w}</li>)}
          </ul>
        )
        : null}
      {asking === "own"
        ? (
          <UploadOwn
            onClose={() => setAsking(null)}
            onDone={() => {
              setAsking(null);
              onChange();
            }}
          />
        )
        : asking === "back"
        ? (
          <Confirm
            title={t("serverCert.backAsk")}
            verb={t("serverCert.back")}
            busy={action.busy}
            error={action.error}
            onClose={() => setAsking(null)}
            onConfirm={() =>
              action.run(async () => {
                await api.delete("site/certificates/server");
                setAsking(null);
                onChange();
              })}
          >
            <p>{t("serverCert.backText")}</p>
          </Confirm>
        )
        : null}
    </Panel>
  );
}

function UploadOwn({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const [chain, setChain] = useState("");
  const [key, setKey] = useState("");
  const [warnings, setWarnings] = useState<readonly string[] | null>(null);
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  const send = () =>
    action.run(async () => {
      const answer = await api.put<{ warnings?: string[] } | undefined>(
        "site/certificates/server",
        { chain, key },
      );
      if (answer?.warnings?.length) setWarnings(answer.warnings);
      else onDone();
    });
  return (
    <Dialog title={t("serverCert.upload")} onClose={onClose} wide>
      {warnings
        ? (
          <>
            <p>{t("serverCert.taken")}</p>
            <ul className="plain-list">{warnings.map((w) => <li key={w}>{w}</li>)}</ul>
            <div className="dialog-foot">
              <Button kind="primary" onClick={onDone}>{t("close")}</Button>
            </div>
          </>
        )
        : (
          <Form onSubmit={send} error={action.error}>
            <p>{t("serverCert.how")}</p>
            <TextArea
              label={t("serverCert.chain")}
              rows={6}
              code
              value={chain}
              onChange={setChain}
              error={fields.chain}
            />
            <TextArea
              label={t("serverCert.key")}
              rows={6}
              code
              value={key}
              onChange={setKey}
              error={fields.key}
            />
            <DialogFoot
              verb={t("serverCert.use")}
              busy={action.busy}
              why={chain && key ? null : t("serverCert.both")}
              onClose={onClose}
            />
          </Form>
        )}
    </Dialog>
  );
}

function Authority({ certificates, onChange }: Part) {
  const { authority, revocations } = certificates;
  const [importing, setImporting] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const [chain, setChain] = useState("");
  const action = useAction();
  const ask = () =>
    action.run(async () => {
      const answer = await raw("POST", "site/certificates/authority-request", {});
      saveText("lineside-authority.csr", await answer.text());
    });
  return (
    <Panel
      title={t("authority.title")}
      tools={
        <>
          <Button busy={action.busy && !importing && !leaving} onClick={ask}>
            {t("authority.request")}
          </Button>
          <Button onClick={() => setImporting(true)}>{t("authority.import")}</Button>
          {authority.kind === "own"
            ? null
            : <Button onClick={() => setLeaving(true)}>{t("authority.back")}</Button>}
        </>
      }
    >
      {action.error && !importing && !leaving ? <ProblemNote error={action.error} /> : null}
      <Facts
        rows={[
          [t("authority.subject"), authority.subject],
          [
            t("enrol.fingerprint"),
            <span key="f">
              <code>{authority.fingerprint}</code>
              <CopyButton text={authority.fingerprint} label={t("copy.it")} />
            </span>,
          ],
          [
            t("authority.kind"),
            t(authority.kind === "own" ? "authority.own" : "authority.issuing"),
          ],
          [t("authority.revoked"), String(revocations.count)],
          [
            t("authority.files"),
            <span key="d">
              <a href="/pki/authority.pem" download>authority.pem</a>{" "}
              <a href="/pki/revoked.pem" download>revoked.pem</a>
            </span>,
          ],
        ]}
      />
      {importing
        ? (
          <Dialog title={t("authority.import")} onClose={() => setImporting(false)} wide>
            <Form
              error={action.error}
              onSubmit={() =>
                action.run(async () => {
                  await api.put("site/certificates/authority", { chain });
                  setImporting(false);
                  onChange();
                })}
            >
              <p>{t("authority.how")}</p>
              <TextArea
                label={t("serverCert.chain")}
                rows={8}
                code
                value={chain}
                onChange={setChain}
                error={action.error?.problem.fields?.chain}
              />
              <DialogFoot
                verb={t("serverCert.use")}
                busy={action.busy}
                why={chain.trim() ? null : t("authority.first")}
                onClose={() => setImporting(false)}
              />
            </Form>
          </Dialog>
        )
        : null}
      {leaving
        ? (
          <Confirm
            title={t("authority.backAsk")}
            verb={t("authority.back")}
            busy={action.busy}
            error={action.error}
            onClose={() => setLeaving(false)}
            onConfirm={() =>
              action.run(async () => {
                await api.delete("site/certificates/authority");
                setLeaving(false);
                onChange();
              })}
          >
            <p>{t("authority.backText")}</p>
          </Confirm>
        )
        : null}
    </Panel>
  );
}
