import { useState } from "react";
import { api } from "../api/client.ts";
import { may } from "../api/permissions.ts";
import type { FlowTest, FlowTestRun, Instance, Version } from "../api/types.ts";
import { useAction, useList, useTopic } from "../api/use.ts";
import { dateTime } from "../i18n/format.ts";
import { t, tn } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/dialog.tsx";
import { InlineSelect } from "../ui/fields.tsx";
import { Menu } from "../ui/menu.tsx";
import { useQuery } from "../ui/navigation.ts";
import { Panel } from "../ui/page-head.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { Empty, Failed, Loading } from "../ui/states.tsx";
import { Table, TableFoot } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { toast } from "../ui/toast.tsx";
import { Outcome, RunDetail } from "./run.tsx";
import { TestDialog } from "./test-dialog.tsx";

/** Test cases of one instance's flows, and what came of running them. */
export function TestsTab({ instance }: { instance: Instance }) {
  const base = `instances/${instance.id}`;
  const cases = useList<FlowTest>(`${base}/tests`);
  const runs = useList<FlowTestRun>(`${base}/test-runs`, {}, 20);
  useTopic(`instance/${instance.id}/tests`, () => {
    runs.reload();
    cases.reload();
  });
  const [shown, setShown] = useQuery("run");
  const [edited, setEdited] = useState<FlowTest | "new" | null>(null);
  const [removed, setRemoved] = useState<FlowTest | null>(null);
  const why = may(instance, "tests.edit") ? null : t("why.role");
  const newest = runs.data?.[0];
  const open = runs.data?.find((r) => r.id === shown) ?? newest;
  return (
    <>
      <Panel
        title={t("tests.title")}
        tools={
          <>
            <Button icon="plus-lg" why={why} onClick={() => setEdited("new")}>
              {t("tests.add")}
            </Button>
            <RunTests
              instance={instance}
              why={why ?? (cases.data?.length ? null : t("tests.nothing"))}
              onRun={(run) => {
                setShown(run.id);
                runs.reload();
              }}
            />
          </>
        }
      >
        <p className="pad muted">{t("tests.text")}</p>
        {cases.data === null
          ? cases.error ? <Failed error={cases.error} retry={cases.reload} /> : <Loading />
          : cases.data.length === 0
          ? (
            <Empty
              icon="list-check"
              title={t("tests.nothing")}
              action={
                <Button
                  icon="plus-lg"
                  why={why}
                  onClick={() => setEdited("new")}
                >
                  {t("tests.add")}
                </Button>
              }
            >
              {t("tests.nothingText")}
            </Empty>
          )
          : (
            <>
              <Table
                label={t("tests.title")}
                rows={cases.data}
                id={(c) => c.id}
                sortName="test"
                columns={[
                  {
                    key: "name",
                    title: t("name"),
                    sort: (c) => c.name,
                    cell: (c) => (
                      <button
                        type="button"
                        className="link"
                        onClick={() => setEdited(c)}
                      >
                        {c.name}
                      </button>
                    ),
                  },
                  {
                    key: "result",
                    title: t("tests.lastResult"),
                    cell: (c) => <CaseOutcome test={c} run={newest} />,
                  },
                  {
                    key: "updated",
                    title: t("tests.updated"),
                    extra: true,
                    sort: (c) => c.updatedAt,
                    cell: (c) => <Time at={c.updatedAt} />,
                  },
                  {
                    key: "tools",
                    title: t("tests.actions"),
                    quiet: true,
                    cell: (c) => (
                      <Menu
                        label={t("files.actionsOf", { name: c.name })}
                        icon="three-dots"
                        items={[
                          {
                            label: why ? t("tests.show") : t("edit"),
                            icon: "pencil-square",
                            onPick: () => setEdited(c),
                          },
                          {
                            label: t("tests.delete"),
                            icon: "trash",
                            danger: true,
                            why,
                            onPick: () => setRemoved(c),
                          },
                        ]}
                      />
                    ),
                  },
                ]}
              />
              <TableFoot shown={cases.data.length} count={cases.count} more={cases.more} />
            </>
          )}
      </Panel>
      {runs.data?.length
        ? (
          <Panel title={t("tests.runs")}>
            <div className="pad">
              <InlineSelect
                label={t("tests.run")}
                value={open?.id ?? ""}
                onChange={setShown}
                choices={runs.data.map((r) => ({ value: r.id, label: runLabel(r) }))}
              />
            </div>
            {open ? <RunDetail instance={instance} run={open} /> : null}
          </Panel>
        )
        : null}
      {edited
        ? (
          <TestDialog
            instance={instance}
            test={edited === "new" ? null : edited}
            readOnly={why !== null}
            onClose={() => setEdited(null)}
            onSaved={() => {
              setEdited(null);
              cases.reload();
              toast(t("saved"));
            }}
          />
        )
        : null}
      {removed
        ? (
          <Remove
            path={`${base}/tests/${removed.id}`}
            test={removed}
            onClose={() => setRemoved(null)}
            onDone={() => {
              setRemoved(null);
              cases.reload();
            }}
          />
        )
        : null}
    </>
  );
}

function runLabel(run: FlowTestRun): string {
  return t("tests.runOf", { n: run.versionNumber, at: dateTime(run.startedAt) });
}

/** What the newest run says of this case. */
function CaseOutcome({ test, run }: { test: FlowTest; run: FlowTestRun | undefined }) {
  const found = run?.cases?.find((c) => c.name === test.name);
  return found ? <Outcome state={found.state} /> : <span className="muted">–</span>;
}

function RunTests(
  p: { instance: Instance; why: string | null; onRun: (run: FlowTestRun) => void },
) {
  const versions = useList<Version>(`instances/${p.instance.id}/versions`, {}, 20);
  const [version, setVersion] = useState("");
  const action = useAction();
  return (
    <>
      {versions.data?.length
        ? (
          <InlineSelect
            label={t("tests.version")}
            value={version}
            onChange={setVersion}
            choices={[
              { value: "", label: t("tests.newest") },
              ...versions.data.map((v) => ({
                value: v.id,
                label: t("tests.versionN", { n: v.number, text: v.summary.slice(0, 40) }),
              })),
            ]}
          />
        )
        : null}
      <Button
        kind="primary"
        icon="play-fill"
        busy={action.busy}
        why={p.why}
        onClick={() =>
          action.run(async () => {
            const body = version ? { version } : {};
            p.onRun(await api.post<FlowTestRun>(`instances/${p.instance.id}/test-runs`, body));
          })}
      >
        {t("tests.runAll")}
      </Button>
      {action.error ? <ProblemNote error={action.error} /> : null}
    </>
  );
}

function Remove(
  p: { path: string; test: FlowTest; onClose: () => void; onDone: () => void },
) {
  const action = useAction();
  return (
    <Confirm
      title={t("tests.deleteAsk", { name: p.test.name })}
      verb={t("tests.delete")}
      danger
      busy={action.busy}
      error={action.error}
      onClose={p.onClose}
      onConfirm={() =>
        action.run(async () => {
          await api.delete(p.path);
          p.onDone();
        })}
    >
      <p>{tn("tests.deleteText", p.test.definition.steps?.length ?? 0)}</p>
    </Confirm>
  );
}
