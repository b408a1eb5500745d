import { api } from "../api/client.ts";
import { may } from "../api/permissions.ts";
import type { FlowTestCase, FlowTestRun, FlowTestStep, Instance } from "../api/types.ts";
import { useAction, useLoad, useTopic } from "../api/use.ts";
import { number } from "../i18n/format.ts";
import { t, tn, word } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { Await } from "../ui/states.tsx";
import { Shape } from "../ui/status.tsx";
import { Time } from "../ui/time.tsx";

const SEVERITY: Record<string, "normal" | "busy" | "off" | "warning" | "alarm"> = {
  passed: "normal",
  running: "busy",
  queued: "busy",
  skipped: "off",
  failed: "alarm",
  error: "warning",
};

/** Shape and word, never colour alone. */
export function Outcome({ state }: { state: string }) {
  const severity = SEVERITY[state] ?? "off";
  return (
    <span className={`st st-${severity}`}>
      <Shape severity={severity} />
      {word("testState", state)}
    </span>
  );
}

/** One run: which version, who, and each case with its steps. */
export function RunDetail({ instance, run }: { instance: Instance; run: FlowTestRun }) {
  const loaded = useLoad<FlowTestRun>(`instances/${instance.id}/test-runs/${run.id}`);
  useTopic(`instance/${instance.id}/tests`, loaded.reload);
  return (
    <Await of={loaded}>
      {(r) => (
        <div className="pad">
          <p className="note-row" role="status">
            <Outcome state={r.state} />
            <span>{t("tests.versionShort", { n: r.versionNumber })}</span>
            <Time at={r.startedAt} />
            {r.by ? <span className="muted">{r.by}</span> : null}
            {r.state === "running"
              ? null
              : <span>{t("tests.counts", { passed: r.passed, failed: r.failed })}</span>}
          </p>
          {r.state === "running"
            ? <Stop instance={instance} run={r} onDone={loaded.reload} />
            : null}
          {r.detail ? <p className="detail is-warning">{r.detail}</p> : null}
          <ul className="test-cases">
            {(r.cases ?? []).map((c) => <Case key={c.name} of={c} />)}
          </ul>
        </div>
      )}
    </Await>
  );
}

function Stop(
  p: { instance: Instance; run: FlowTestRun; onDone: () => void },
) {
  const action = useAction();
  return (
    <>
      <Button
        icon="stop-fill"
        busy={action.busy}
        why={may(p.instance, "tests.edit") ? null : t("why.role")}
        onClick={() =>
          action.run(async () => {
            await api.delete(`instances/${p.instance.id}/test-runs/${p.run.id}`);
            p.onDone();
          })}
      >
        {t("tests.stop")}
      </Button>
      {action.error ? <ProblemNote error={action.error} /> : null}
    </>
  );
}

function Case({ of }: { of: FlowTestCase }) {
  return (
    <li>
      <details open={of.state === "failed" || of.state === "error"}>
        <summary>
          <Outcome state={of.state} />
          <strong className="grow">{of.name}</strong>
          <span className="muted small">{t("tests.ms", { ms: number(of.ms) })}</span>
        </summary>
        {of.detail ? <p className="detail is-warning">{of.detail}</p> : null}
        <ol className="test-steps">
          {of.steps.map((s) => <Step key={s.index} of={s} />)}
        </ol>
        {of.log.length
          ? (
            <details>
              <summary>{tn("tests.log", of.log.length)}</summary>
              <pre tabIndex={0}>{of.log.join("\n")}</pre>
            </details>
          )
          : null}
      </details>
    </li>
  );
}

function Step({ of }: { of: FlowTestStep }) {
  const differs = of.state === "failed" && ((of.expected ?? of.got ?? null) !== null);
  return (
    <li>
      <p>
        <Outcome state={of.state} /> {of.text}
      </p>
      {of.detail ? <p className="detail is-warning">{of.detail}</p> : null}
      {differs
        ? (
          <dl className="facts is-code">
            <div>
              <dt>{t("tests.expected")}</dt>
              <dd>
                <pre>{shown(of.expected)}</pre>
              </dd>
            </div>
            <div>
              <dt>{t("tests.got")}</dt>
              <dd>
                <pre>{shown(of.got)}</pre>
              </dd>
            </div>
          </dl>
        )
        : null}
    </li>
  );
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return "–";
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
