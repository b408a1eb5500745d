import { useEffect, useRef, useState } from "react";
import { type ApiError, query, upload } from "../api/client.ts";
import type { Snapshot } from "../api/types.ts";
import { asError } from "../api/use.ts";
import { readFlowsFile } from "../core/flows-file.ts";
import { isHeaderText } from "../core/names.ts";
import { bytes, number } from "../i18n/format.ts";
import { t } from "../i18n/text.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Form, NameField, TextField } from "../ui/fields.tsx";
import { DialogFoot } from "../ui/form-parts.tsx";

const LARGEST = 200_000_000;
/** JSON up to here is looked into before it is sent, to name it and to say what it holds. */
const LOOKED_INTO = 20_000_000;

/** Any file that holds flows; the server says if it needs a passphrase. */
export function UploadSnapshot(
  p: { application: string; onClose: () => void; onDone: (s: Snapshot) => void },
) {
  const [file, setFile] = useState<File | null>(null);
  const [name, setName] = useState("");
  const [says, setSays] = useState("");
  const [sealed, setSealed] = useState(false);
  const [passphrase, setPassphrase] = useState("");
  const [sent, setSent] = useState<number | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const fields = error?.problem.fields ?? {};
  const pick = async (picked: File | undefined) => {
    setFile(null);
    setError(null);
    setSealed(false);
    if (!picked) return setSays("");
    if (picked.size > LARGEST) return setSays(t("snapshots.tooLarge", { size: bytes(LARGEST) }));
    setName(picked.name.replace(/\.(json|zip|tar\.gz|tgz)$/i, ""));
    setFile(picked);
    if (!/\.json$/i.test(picked.name) || picked.size > LOOKED_INTO) {
      return setSays(bytes(picked.size));
    }
    const found = readFlowsFile(await picked.text());
    if (found.kind === "wrong") {
      setFile(null);
      setSays(t("flowsFile.wrong"));
    } else if (found.kind === "flows") {
      setSays(t("flowsFile.found", { nodes: found.nodes, tabs: found.tabs }));
    } else {
      setSays(t("snapshots.found", { name: found.name }));
      if (found.name) setName(found.name);
      setSealed(found.sealed);
    }
  };
  const busy = sent !== null;
  const send = async () => {
    if (!file || busy || !isHeaderText(passphrase)) return;
    const abort = new AbortController();
    stop.current = abort;
    setSent(0);
    setError(null);
    try {
      p.onDone(
        await upload<Snapshot>(
          query(`applications/${p.application}/snapshots`, { name }),
          file,
          (done) => setSent(done),
          abort.signal,
          passphrase ? { "x-lineside-passphrase": passphrase } : undefined,
        ),
      );
    } catch (e) {
      if (abort.signal.aborted) return;
      const failed = asError(e);
      if (asksPassphrase(failed)) setSealed(true);
      setError(failed);
    } finally {
      if (!abort.signal.aborted) setSent(null);
    }
  };
  return (
    <Dialog title={t("snapshots.upload")} onClose={p.onClose}>
      <p>{t("snapshots.uploadText")}</p>
      <ul className="plain-list">
        <li>{t("snapshots.uploadOurs")}</li>
        <li>{t("snapshots.uploadFlowFuse")}</li>
        <li>{t("snapshots.uploadFlows")}</li>
        <li>{t("snapshots.uploadZip", { size: bytes(LARGEST) })}</li>
      </ul>
      <Form error={error} onSubmit={send}>
        <div className="form-field">
          <label htmlFor="snapshot-file">{t("snapshots.file")}</label>
          <input
            id="snapshot-file"
            className="input"
            type="file"
            accept=".json,.zip,.tgz,.tar.gz,application/json,application/zip"
            onChange={(e) => pick(e.target.files?.[0])}
          />
          <p className="hint" role="status">{says}</p>
        </div>
        {file
          ? (
            <NameField
              value={name}
              onChange={setName}
              error={fields.name}
            />
          )
          : null}
        {file && sealed
          ? (
            <TextField
              label={t("snapshots.passphrase")}
              hint={t("snapshots.passphraseUpload")}
              type="password"
              value={passphrase}
              onChange={setPassphrase}
              error={isHeaderText(passphrase) ? fields.passphrase : t("snapshots.passphraseAscii")}
            />
          )
          : null}
        {sent !== null && file && file.size > 1_000_000
          ? (
            <div className="progress-field" role="status">
              <progress
                value={sent}
                max={file.size}
                aria-label={t("stacks.sending")}
              />
              <span className="muted small">
                {sent < file.size
                  ? t("stacks.sent", {
                    sent: bytes(sent),
                    total: bytes(file.size),
                    percent: number(sent * 100 / file.size),
                  })
                  : t("stacks.unpacking")}
              </span>
            </div>
          )
          : null}
        <DialogFoot
          verb={t("snapshots.upload")}
          busy={busy}
          why={file ? null : t("flowsFile.pickFirst")}
          onClose={p.onClose}
        />
      </Form>
    </Dialog>
  );
}

function asksPassphrase(error: ApiError): boolean {
  return "passphrase" in (error.problem.fields ?? {}) || /passphrase/.test(error.problem.type);
}
