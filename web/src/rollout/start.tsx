import { useState } from "react";
import { api } from "../api/client.ts";
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
import { Button } from "../ui/button.tsx";
import { CheckBox, Form, SelectField, TextField } from "../ui/fields.tsx";
import { navigate, useQuery } from "../ui/navigation.ts";
import { PageHead, Panel } from "../ui/page-head.tsx";
import { Empty } from "../ui/states.tsx";

/** A snapshot, for whom, and how carefully. */
export function StartDeployment() {
  const [asked] = useQuery("group");
  const applications = useApplications().data;
  const given = useLoad<DeviceGroup>(asked ? `device-groups/${asked}` : null).data;
  const [picked, setPicked] = useState<string | null>(null);
  const application = picked ?? given?.applicationId ?? applications?.[0]?.id ?? "";
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
  const preview = useLoad<WindowPreview>(
    window && snapshot && members.size === 1
      ? `maintenance-windows/${window}/preview?groupId=${[...members][0]}&snapshotId=${snapshot}`
      : null,
  ).data;
  const action = useAction();
  const fields = action.error?.problem.fields ?? {};
  const count = (groups ?? []).filter((g) => members.has(g.id))
    .reduce((n, g) => n + g.deviceCount, 0);
  const start = () =>
    action.run(async () => {
      const made = await api.post<Deployment>("deployments", {
        applicationId: application,
        snapshotId: snapshot,
        groupIds: [...members],
        windowId: window || null,
        needsApproval: approval,
        plan: {
          canary: Number(canary),
          percent: percent.split(/[\s,]+/).filter(Boolean).map(Number),
          soakSeconds: Math.round(Number(soak) * 60),
          errorPercent: Number(errors),
        },
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
                  setPicked(v);
                  setChosen(new Set());
                  setSnapshot("");
                }}
                choices={applications.map((a) => ({ value: a.id, label: a.name }))}
              />
            )
            : null}
          <SelectField
            label={t("snapshot")}
            value={snapshot}
            onChange={setSnapshot}
            choices={[
              { value: "", label: t("rollout.pickSnapshot") },
              ...(snapshots ?? []).map((s) => ({ value: s.id, label: s.name })),
            ]}
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
            hint={preview?.text}
            value={window}
            onChange={setWindow}
            choices={[
              { value: "", label: t("groups.anytime") },
              ...(windows ?? []).map((w) => ({ value: w.id, label: w.name })),
            ]}
            error={fields.windowId}
          />
          <CheckBox
            label={t("rollout.approval")}
            hint={t("rollout.approvalHint")}
            checked={approval}
            onChange={setApproval}
          />
          <div className="form-foot">
            <span className="muted">{tn("rollout.devices", count)}</span>
            <span className="grow" />
            <Button
              type="submit"
              kind="primary"
              icon="send"
              busy={action.busy}
              why={snapshot && members.size ? null : t("rollout.first")}
            >
              {t("rollout.go")}
            </Button>
          </div>
        </Form>
      </Panel>
    </div>
  );
}
