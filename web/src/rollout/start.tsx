import { useState } from "react";
import { api, query } from "../api/client.ts";
import type {
  Deployment,
  DeviceGroup,
  List,
  MaintenanceWindow,
  Snapshot,
  WindowPreview,
} from "../api/types.ts";
import { useAction, useLoad } from "../api/use.ts";
import { t, tn } from "../i18n/text.ts";
import { useApplications } from "../snapshots/use-applications.ts";
import { CheckBox, choicesOf, Form, SelectField, TextField } from "../ui/fields.tsx";
import { FormFoot } from "../ui/form-parts.tsx";
import { navigate, useQuery } from "../ui/navigation.ts";
import { PageHead, Panel } from "../ui/page-head.tsx";
import { Empty } from "../ui/states.tsx";

/** A snapshot, for whom, and how carefully. */
export function StartDeployment() {
  const [asked] = useQuery("group");
  const applications = useApplications().data;
  const given = useLoad<DeviceGroup>(asked ? `device-groups/${asked}` : null).data;
  const [home, setHome] = useState<string | null>(null);
  const application = home ?? given?.applicationId ?? applications?.[0]?.id ?? "";
  const groups = useLoad<List<DeviceGroup>>(
    application ? `device-groups?application=${application}&limit=200` : null,
  ).data?.items;
  const snapshots = useLoad<List<Snapshot>>(
    application ? `applications/${application}/snapshots?limit=200` : null,
  ).data?.items;
  const windows = useLoad<List<MaintenanceWindow>>(
    application ? `maintenance-windows?application=${application}&limit=200` : null,
  ).data?.items;
  const [chosen, setChosen] = useState<ReadonlySet<string> | null>(null);
  const members = chosen ?? new Set(asked ? [asked] : []);
  const [snapshot, setSnapshot] = useState("");
  const [window, setWindow] = useState("");
  const [canary, setCanary] = useState("1");
  const [percent, setPercent] = useState("10 100");
  const [soak, setSoak] = useState("10");
  const [errors, setErrors] = useState("5");
  const [approval, setApproval] = useState(false);
  const picked = (groups ?? []).filter((g) => members.has(g.id));
  const own = ownWindow(picked);
  const plan = {
    canary: Number(canary),
    percent: percent.split(/[\s,]+/).filter(Boolean).map(Number),
    soakSeconds: Math.round(Number(soak) * 60),
    errorPercent: Number(errors),
  };
  const preview = useLoad<WindowPreview>(previewPath(window || own?.id, picked, snapshot, plan))
    .data;
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  const count = picked.reduce((n, g) => n + g.deviceCount, 0);
  const start = () =>
    action.run(async () => {
      const made = await api.post<Deployment>("deployments", {
        applicationId: application,
        snapshotId: snapshot,
        groupIds: [...members],
        windowId: window || null,
        needsApproval: approval,
        plan,
      });
      navigate(`/deployments/${made.id}`);
    });
  return (
    <div className="page narrow">
      <PageHead title={t("rollout.start")} note={t("rollout.startNote")} />
      <Panel>
        <Form onSubmit={start} error={action.error} className="form pad">
          {applications && applications.length > 1
            ? (
              <SelectField
                label={t("application")}
                value={application}
                onChange={(v) => {
                  setHome(v);
                  setChosen(new Set());
                  setSnapshot("");
                }}
                choices={choicesOf(applications)}
              />
            )
            : null}
          <SelectField
            label={t("snapshot")}
            value={snapshot}
            onChange={setSnapshot}
            choices={choicesOf(snapshots, t("rollout.pickSnapshot"))}
            error={fields.snapshotId}
          />
          <fieldset className="boxes-plain">
            <legend>{t("groups.title")}</legend>
            {groups && groups.length === 0
              ? (
                <Empty icon="diagram-3" title={t("groups.nothing")}>
                  {t("groups.nothingText")}
                </Empty>
              )
              : (groups ?? []).map((g) => (
                <CheckBox
                  key={g.id}
                  label={`${g.name} (${tn("rollout.devices", g.deviceCount)})`}
                  checked={members.has(g.id)}
                  onChange={(v) => {
                    const next = new Set(members);
                    if (v) next.add(g.id);
                    else next.delete(g.id);
                    setChosen(next);
                  }}
                />
              ))}
            {fields.groupIds ? <p className="error">{fields.groupIds}</p> : null}
          </fieldset>
          <TextField
            label={t("rollout.canary")}
            hint={t("rollout.canaryHint")}
            type="number"
            min={0}
            max={1000}
            value={canary}
            onChange={setCanary}
          />
          <TextField
            label={t("rollout.percent")}
            hint={t("rollout.percentHint")}
            value={percent}
            onChange={setPercent}
            error={fields.plan}
          />
          <TextField
            label={t("rollout.soakMinutes")}
            hint={t("rollout.soakHint")}
            type="number"
            min={0}
            step="any"
            value={soak}
            onChange={setSoak}
          />
          <TextField
            label={t("rollout.errors")}
            hint={t("rollout.errorsHint")}
            type="number"
            min={0}
            max={100}
            value={errors}
            onChange={setErrors}
          />
          <SelectField
            label={t("windows.one")}
            hint={preview?.text ?? t("rollout.windowHint")}
            value={window}
            onChange={setWindow}
            choices={choicesOf(
              windows,
              own ? t("rollout.ownWindow", { name: own.name }) : t("groups.anytime"),
            )}
            error={fields.windowId}
          />
          <CheckBox
            label={t("rollout.approval")}
            hint={t("rollout.approvalHint")}
            checked={approval}
            onChange={setApproval}
          />
          <FormFoot
            verb={t("rollout.go")}
            icon="send"
            busy={action.busy}
            why={snapshot && members.size ? null : t("rollout.first")}
          >
            <span className="muted">{tn("rollout.devices", count)}</span>
          </FormFoot>
        </Form>
      </Panel>
    </div>
  );
}

/** The window of all these groups, where they have the same. */
function ownWindow(groups: readonly DeviceGroup[]): DeviceGroup["window"] {
  const first = groups[0]?.window ?? null;
  return groups.every((g) => g.window?.id === first?.id) ? first : null;
}

/** Asked with the plan as it is typed, so that “fits” is about this deployment. */
function previewPath(
  window: string | undefined,
  groups: readonly DeviceGroup[],
  snapshotId: string,
  plan: { canary: number; percent: readonly number[]; soakSeconds: number },
): string | null {
  if (!window || !snapshotId || !groups.length) return null;
  return query(`maintenance-windows/${window}/preview`, {
    groupId: groups.map((g) => g.id).join(","),
    snapshotId,
    canary: plan.canary,
    percent: plan.percent.join(","),
    soakSeconds: plan.soakSeconds,
  });
}
