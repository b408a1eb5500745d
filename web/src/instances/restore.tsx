import { useEffect, useState } from "react";
import { api, type ApiError } from "../api/client.ts";
import { may } from "../api/permissions.ts";
import type { Instance, RestoreResult } from "../api/types.ts";
import { asError, useAction, useList } from "../api/use.ts";
import { compareUrl, type Side } from "../compare/sides.ts";
import { t, tn } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { CheckBox, choicesOf, SelectField } from "../ui/fields.tsx";
import { Link } from "../ui/link.tsx";
import { navigate } from "../ui/navigation.ts";
import { ProblemNote } from "../ui/problem.tsx";
import { Loading } from "../ui/states.tsx";
import { Shape } from "../ui/status.tsx";
import { toast } from "../ui/toast.tsx";

interface Props {
  source: { version: string } | { snapshot: string };
  title: string;
  /** Whether files belong to it, which can be put back too. */
  hasFiles: boolean;
  /** Where it came from; another one may be picked. `null` where none is known. */
  instance: Instance | null;
  onClose: () => void;
  onDone: () => void;
}

/** A dry run first: what would be missing is said before anything is written. */
export function Restore(p: Props) {
  const all = useList<Instance>("instances");
  const targets = (all.data ?? []).filter((i) => may(i, "flows.edit"));
  const [picked, setPicked] = useState<string | null>(p.instance?.id ?? null);
  const target = targets.find((i) => i.id === picked) ??
    (p.instance?.id === picked ? p.instance : null);
  const [trial, setTrial] = useState<{ of: string; result: RestoreResult } | null>(null);
  const [trialError, setTrialError] = useState<ApiError | null>(null);
  const [files, setFiles] = useState(false);
  const [others, setOthers] = useState(false);
  const [locked, setLocked] = useState(false);
  const [bare, setBare] = useState(false);
  const action = useAction();
  const source = JSON.stringify(p.source);
  useEffect(() => {
    if (!picked) return;
    const stop = new AbortController();
    setTrial(null);
    setTrialError(null);
    api.post<RestoreResult>(
      `instances/${picked}/restore`,
      { ...JSON.parse(source), ...without(bare), dryRun: true },
      { signal: stop.signal, timeout: 60_000 },
    ).then(
      (result) => setTrial({ of: picked, result }),
      (e) => {
        if (stop.signal.aborted) return;
        setTrialError(asError(e));
        if (asError(e).problem.fields?.credentials) setLocked(true);
      },
    );
    return () => stop.abort();
  }, [picked, source, bare]);
  const ready = trial !== null && trial.of === picked;
  const go = () =>
    action.run(async () => {
      // The missing ones were named above: going on accepts them.
      const acceptMissing = Boolean(trial?.result.missingModules.length);
      const done = await api.post<RestoreResult>(
        `instances/${picked}/restore`,
        {
          ...p.source,
          ...without(bare),
          acceptMissing,
          ...(files ? { files, removeOthers: others } : {}),
        },
        { timeout: 120_000 },
      );
      toast(done.restarted ? t("restore.doneRestarted") : t("restore.done"));
      p.onDone();
      p.onClose();
      if (picked !== p.instance?.id) navigate(`/instances/${picked}/versions`);
    });
  return (
    <Dialog title={p.title} onClose={p.onClose}>
      <SelectField
        label={t("restore.target")}
        value={picked ?? ""}
        onChange={(v) => setPicked(v || null)}
        choices={[
          ...(picked ? [] : [{ value: "", label: t("restore.pick") }]),
          ...(target && !targets.includes(target)
            ? [{ value: target.id, label: target.name }]
            : []),
          ...choicesOf(targets),
        ]}
      />
      <p>{t("restore.text")}</p>
      {picked
        ? (
          <p>
            <Link href={compareUrl({ kind: "instance", id: picked }, sideOf(p.source))}>
              {t("restore.compare")}
            </Link>
          </p>
        )
        : null}
      {picked && !ready && !trialError ? <Loading rows={2} /> : null}
      {trialError ? <ProblemNote error={trialError} /> : null}
      {ready ? <Findings result={trial.result} isStopped={target?.state === "stopped"} /> : null}
      {locked || bare
        ? (
          <CheckBox
            label={t("restore.bare")}
            hint={t("restore.bareHint")}
            checked={bare}
            onChange={setBare}
          />
        )
        : null}
      {p.hasFiles
        ? (
          <>
            <CheckBox
              label={t("restore.files")}
              hint={t(target?.filesInVersions ? "restore.filesHint" : "restore.filesLostHint")}
              checked={files}
              onChange={setFiles}
            />
            {files
              ? (
                <CheckBox
                  label={t("restore.removeOthers")}
                  hint={t("restore.removeOthersHint")}
                  checked={others}
                  onChange={setOthers}
                />
              )
              : null}
          </>
        )
        : null}
      {action.error ? <ProblemNote error={action.error} /> : null}
      <div className="dialog-foot">
        <Button onClick={p.onClose}>{t("cancel")}</Button>
        <Button
          kind="primary"
          icon="arrow-counterclockwise"
          busy={action.busy}
          why={ready ? null : t("restore.checkFirst")}
          onClick={go}
        >
          {target ? t("restore.do", { name: target.name }) : t("restore.doPlain")}
        </Button>
      </div>
    </Dialog>
  );
}

/** Credentials that do not open keep nobody from the flows. */
function without(bare: boolean): { credentials?: false } {
  return bare ? { credentials: false } : {};
}

function sideOf(source: Props["source"]): Side {
  return "version" in source
    ? { kind: "version", id: source.version }
    : { kind: "snapshot", id: source.snapshot };
}

function Findings({ result, isStopped }: { result: RestoreResult; isStopped: boolean }) {
  const missing = result.missingModules.map((m) => `${m.name} ${m.version}`);
  return (
    <div role="status">
      {missing.length
        ? (
          <div className="detail is-warning">
            <Shape severity="warning" />
            <div>
              <p>{tn("restore.missing", missing.length)}</p>
              <ul className="plain-list">
                {missing.map((m) => (
                  <li key={m}>
                    <code>{m}</code>
                  </li>
                ))}
              </ul>
              <p>{t("restore.missingText")}</p>
            </div>
          </div>
        )
        : <p className="muted">{t("restore.nothingMissing")}</p>}
      <p className="muted">
        {result.restarted
          ? t("restore.restarts")
          : t(isStopped ? "restore.staysStopped" : "restore.flowsRestart")}
      </p>
    </div>
  );
}
