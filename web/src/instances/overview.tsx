import { useEffect, useMemo, useState } from "react";
import { query } from "../api/client.ts";
import type { Instance, List, ResourceSample } from "../api/types.ts";
import { useLoad, useTopic } from "../api/use.ts";
import { bytes, number } from "../i18n/format.ts";
import { t, word } from "../i18n/text.ts";
import { Chart } from "../ui/chart.tsx";
import { InlineSelect } from "../ui/fields.tsx";
import { Link } from "../ui/link.tsx";
import { Toolbar } from "../ui/list.tsx";
import { useQuery } from "../ui/navigation.ts";
import { Facts, Panel } from "../ui/page-head.tsx";
import { Failed, Loading } from "../ui/states.tsx";
import { Ago, Time } from "../ui/time.tsx";
import { stackName } from "./instances.tsx";

const HOURS: Record<string, number> = { "1h": 1, "6h": 6, "24h": 24, "7d": 168 };

export function InstanceOverview({ instance }: { instance: Instance }) {
  const [range, setRange] = useQuery("range", "1h");
  const hours = HOURS[range] ?? 1;
  // The window stays while the page stands; live samples move its end.
  const [from, setFrom] = useState("");
  useEffect(() => {
    const move = () => setFrom(new Date(Date.now() - hours * 3600_000).toISOString());
    move();
    const id = setInterval(move, hours <= 1 ? 300_000 : 900_000);
    return () => clearInterval(id);
  }, [hours]);
  const past = useLoad<List<ResourceSample>>(
    from ? query(`instances/${instance.id}/resources`, { from, points: 720 }) : null,
  );
  const [fresh, setFresh] = useState<readonly ResourceSample[]>([]);
  useTopic(`instance/${instance.id}/resources`, (m) => {
    const sample = m.data as ResourceSample | undefined;
    if (sample?.at) setFresh((f) => [...f.slice(-720), sample]);
  });
  const samples = useMemo(() => {
    const old = past.data?.items ?? [];
    const last = old[old.length - 1]?.at ?? "";
    return [...old, ...fresh.filter((s) => s.at > last)].filter((s) => s.at >= from);
  }, [past.data, fresh, from]);
  const series = (read: (s: ResourceSample) => number | null) =>
    samples.flatMap((s) => {
      const v = read(s);
      return v === null ? [] : [{ t: Date.parse(s.at), v }];
    });
  const rangeName = t(
    `range.${hours === 1 ? "1h" : hours === 6 ? "6h" : hours === 24 ? "24h" : "7d"}`,
  );
  return (
    <>
      <Toolbar label={t("range")}>
        <h2 className="grow">{t("instance.resources")}</h2>
        <InlineSelect
          label={t("range")}
          value={range}
          onChange={setRange}
          choices={[
            { value: "1h", label: t("range.1h") },
            { value: "6h", label: t("range.6h") },
            { value: "24h", label: t("range.24h") },
            { value: "7d", label: t("range.7d") },
          ]}
        />
      </Toolbar>
      {past.error && !past.data ? <Failed error={past.error} retry={past.reload} /> : null}
      {past.data || past.error
        ? (
          <div className="grid3">
            <Chart
              title={t("memory")}
              unit="MB"
              series={1}
              points={series((s) => s.rss / 1e6)}
              limit={instance.memoryLimitMB}
              range={rangeName}
            />
            <Chart
              title={t("cpu")}
              unit="%"
              series={2}
              points={series((s) => s.cpuPercent)}
              limit={instance.cpuLimitPercent ?? undefined}
              max={samples.every((s) => s.cpuPercent <= 100) ? 100 : undefined}
              range={rangeName}
            />
            <Chart
              title={t("lag")}
              unit="ms"
              series={1}
              digits={1}
              points={series((s) => s.lagMs)}
              range={rangeName}
            />
          </div>
        )
        : <Loading />}
      <Panel title={t("instance.facts")}>
        <Facts
          rows={[
            [t("instance.address"), <code key="u">{instance.url}</code>],
            [t("instance.access"), word("access", instance.access)],
            [t("stack"), stackName(instance)],
            [t("instance.memoryLimit"), `${number(instance.memoryLimitMB)} MB`],
            [
              t("instance.cpuLimit"),
              instance.cpuLimitPercent === null
                ? t("instance.noLimit")
                : `${number(instance.cpuLimitPercent)} %`,
            ],
            [t("timeZone"), instance.timeZone],
            instance.resources ? [t("memory"), bytes(instance.resources.rss)] : null,
            [t("instance.restarts"), number(instance.restarts)],
            [
              t("instance.lastDeploy"),
              instance.lastDeployAt
                ? (
                  <Link key="v" href={`/instances/${instance.id}/versions`}>
                    <Ago at={instance.lastDeployAt} />
                  </Link>
                )
                : "–",
            ],
            instance.pid === null ? null : [t("instance.process"), String(instance.pid)],
            [t("created"), <Time key="c" at={instance.createdAt} />],
          ]}
        />
      </Panel>
    </>
  );
}
