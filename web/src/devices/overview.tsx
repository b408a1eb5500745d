import { type ReactNode, useEffect, useMemo, useState } from "react";
import { api, query } from "../api/client.ts";
import type { Application, Device, List, ResourceSample, Snapshot } from "../api/types.ts";
import { useAction, useLoad, useTopic } from "../api/use.ts";
import { t, word } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Chart } from "../ui/chart.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { choicesOf, Form, SelectField } from "../ui/fields.tsx";
import { DialogFoot } from "../ui/form-parts.tsx";
import { Link } from "../ui/link.tsx";
import { Facts, Panel } from "../ui/page-head.tsx";
import { Said } from "../ui/said.tsx";
import { Empty } from "../ui/states.tsx";
import { Tag } from "../ui/status.tsx";
import { Ago, Time } from "../ui/time.tsx";
import { toast } from "../ui/toast.tsx";

export function DeviceOverview(
  p: {
    device: Device;
    application: Application | null;
    mayEdit: boolean;
    onChange: (device: Device) => void;
  },
) {
  const { device } = p;
  const [choosing, setChoosing] = useState(false);
  return (
    <>
      <div className="grid2">
        <Panel
          title={t("device.runs")}
          tools={p.mayEdit
            ? (
              <Button
                onClick={() => setChoosing(true)}
                why={device.applicationId ? null : t("device.assignFirst")}
              >
                {t("device.choose")}
              </Button>
            )
            : undefined}
        >
          <Facts
            rows={[
              [
                t("device.runsNow"),
                device.running ? <SnapshotLink key="r" of={device.running} /> : "–",
              ],
              [
                t("device.target"),
                device.target ? <SnapshotLink key="t" of={device.target} /> : "–",
              ],
              [t("device.phase"), word("phase", device.phase)],
              device.progress && device.progress.of > 0
                ? [
                  t("device.fetched"),
                  <progress
                    key="p"
                    value={device.progress.done}
                    max={device.progress.of}
                    aria-label={t("device.fetched")}
                  />,
                ]
                : null,
              device.phase === "probation" || device.phase === "waiting" ? onTrial(device) : null,
              [t("device.mode"), word("deviceMode", device.mode)],
              device.problem ? [t("device.problem"), <Said key="w" text={device.problem} />] : null,
            ]}
          />
        </Panel>
        <Panel title={t("device.facts")}>
          <Facts
            rows={[
              [
                t("device.kind"),
                device.agent ? word("agent", device.agent) : t("device.notEnrolled"),
              ],
              [
                t("application"),
                p.application
                  ? (
                    <Link key="a" href={`/applications/${p.application.id}`}>
                      {p.application.name}
                    </Link>
                  )
                  : t("device.unassigned"),
              ],
              device.type ? [t("device.type"), device.type] : null,
              device.tags.length
                ? [
                  t("device.tags"),
                  <span key="g">{device.tags.map((x) => <Tag key={x}>{x}</Tag>)}</span>,
                ]
                : null,
              [
                t("device.seen"),
                device.connected
                  ? t("device.now")
                  : device.lastSeenAt
                  ? <Ago key="s" at={device.lastSeenAt} />
                  : t("never"),
              ],
              device.address ? [t("device.address"), <code key="d">{device.address}</code>] : null,
              ["Node-RED", device.versions.nodeRED ?? "–"],
              ["Node.js", device.versions.node ?? "–"],
              [t("device.agentVersion"), device.versions.agent ?? "–"],
              device.versions.architecture
                ? [t("device.architecture"), device.versions.architecture]
                : null,
              device.certificate
                ? [
                  t("device.certificate"),
                  <span key="c">
                    {t("device.until")} <Time at={device.certificate.notAfter} />
                  </span>,
                ]
                : null,
              [t("created"), <Time key="n" at={device.createdAt} />],
            ]}
          />
        </Panel>
      </div>
      <Resources device={device} />
      {choosing && device.applicationId
        ? (
          <ChooseTarget
            device={device}
            application={device.applicationId}
            onClose={() => setChoosing(false)}
            onDone={(changed) => {
              p.onChange(changed);
              setChoosing(false);
              toast(t("device.told"));
            }}
          />
        )
        : null}
    </>
  );
}

/** How long a probation or a pause lasts at most. The server is told, and never asked for leave. */
function onTrial(device: Device): [string, ReactNode] {
  return [
    t(device.phase === "probation" ? "device.trial" : "device.pause"),
    <span key="u">
      {device.phaseUntil
        ? (
          <>
            {t("device.until")} <Time at={device.phaseUntil} />
          </>
        )
        : t("device.open")}
      {device.phase === "probation"
        ? `, ${t(device.connected ? "device.contact" : "device.noContact")}`
        : null}
    </span>,
  ];
}

function SnapshotLink({ of }: { of: { id: string; name: string } }) {
  return <Link href={`/snapshots/${of.id}`}>{of.name}</Link>;
}

function ChooseTarget(
  p: {
    device: Device;
    application: string;
    onClose: () => void;
    onDone: (device: Device) => void;
  },
) {
  const list = useLoad<List<Snapshot>>(`applications/${p.application}/snapshots?limit=200`);
  const [target, setTarget] = useState(p.device.target?.id ?? "");
  const action = useAction();
  const save = () =>
    action.run(async () => {
      p.onDone(
        await api.patch<Device>(`devices/${p.device.id}`, { targetSnapshotId: target || null }),
      );
    });
  return (
    <Dialog title={t("device.chooseTitle", { name: p.device.name })} onClose={p.onClose}>
      <p>{t("device.chooseText")}</p>
      {list.data && list.data.items.length === 0
        ? <Empty icon="camera" title={t("device.noSnapshots")}>{t("device.noSnapshotsText")}</Empty>
        : (
          <Form error={action.error ?? list.error} onSubmit={save}>
            <SelectField
              label={t("snapshot")}
              value={target}
              onChange={setTarget}
              choices={choicesOf(list.data?.items, t("device.noTarget"))}
            />
            <DialogFoot
              verb={t("device.bring")}
              busy={action.busy}
              why={target === (p.device.target?.id ?? "") ? t("unchanged") : null}
              onClose={p.onClose}
            />
          </Form>
        )}
    </Dialog>
  );
}

/** The last hour, and what comes while somebody looks. */
function Resources({ device }: { device: Device }) {
  const from = useMemo(() => new Date(Date.now() - 3600_000).toISOString(), [device.id]);
  const past = useLoad<List<ResourceSample>>(
    query(`devices/${device.id}/resources`, { from, points: 360 }),
  );
  const [fresh, setFresh] = useState<readonly ResourceSample[]>([]);
  useEffect(() => setFresh([]), [device.id]);
  useTopic(`device/${device.id}/resources`, (m) => {
    const sample = m.data as ResourceSample | undefined;
    if (sample?.at) setFresh((f) => [...f.slice(-360), sample]);
  });
  const samples = useMemo(() => {
    const old = past.data?.items ?? [];
    const last = old[old.length - 1]?.at ?? "";
    return [...old, ...fresh.filter((s) => s.at > last)];
  }, [past.data, fresh]);
  const series = (read: (s: ResourceSample) => number | null) =>
    samples.flatMap((s) => {
      const v = read(s);
      return v === null ? [] : [{ t: Date.parse(s.at), v }];
    });
  if (!samples.length) return null;
  const range = t("range.1h");
  return (
    <div className="grid3">
      <Chart
        title={t("memory")}
        unit="MB"
        series={1}
        points={series((s) => s.rss / 1e6)}
        range={range}
      />
      <Chart
        title={t("cpu")}
        unit="%"
        series={2}
        points={series((s) => s.cpuPercent)}
        range={range}
      />
      <Chart
        title={t("lag")}
        unit="ms"
        series={1}
        digits={1}
        points={series((s) => s.lagMs)}
        range={range}
      />
    </div>
  );
}
