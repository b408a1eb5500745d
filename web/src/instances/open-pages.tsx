import { useEffect } from "react";
import { api, ApiError, query } from "../api/client.ts";
import type { Device, Handover, Instance, List } from "../api/types.ts";
import { useAction, useLoad } from "../api/use.ts";
import { t } from "../i18n/text.ts";
import { useQuery } from "../ui/navigation.ts";
import { PageHead } from "../ui/page-head.tsx";
import { Failed, Loading } from "../ui/states.tsx";
import { handOver } from "./open-editor.tsx";

/**
 * Where the page origin sends somebody without a page session: fetches a one-time code for
 * `path`, counted from the instance's own root, and goes on there.
 */
export function OpenPages({ slug }: { slug: string }) {
  return (
    <Opening
      name={slug}
      code={async (path) => {
        const found = await api.get<List<Instance>>(
          query("instances", { query: slug, limit: 200 }),
        );
        const instance = found.items.find((i) => i.slug === slug);
        if (!instance) {
          throw new ApiError({
            type: "/problems/not-found",
            title: "",
            status: 404,
            detail: t("pages.unknown", { slug }),
          });
        }
        return await api.post<Handover>(`instances/${instance.id}/pages`, { path });
      }}
    />
  );
}

/** The same for what a device serves. Who may see its pages may not always see the device. */
export function OpenDevicePages({ id }: { id: string }) {
  const device = useLoad<Device>(`devices/${id}`).data;
  return (
    <Opening
      name={device?.name ?? t("device")}
      code={(path) => api.post<Handover>(`devices/${id}/pages-session`, { path })}
    />
  );
}

function Opening(p: { name: string; code: (path: string) => Promise<Handover> }) {
  const [path] = useQuery("path", "/");
  const { run, error } = useAction();
  const go = () => {
    run(async () => handOver(await p.code(path), "_self"));
  };
  useEffect(go, [path]);
  return (
    <div className="page">
      <PageHead title={t("pages.opening", { name: p.name })} />
      <section className="panel">
        {error ? <Failed error={error} retry={go} /> : <Loading rows={2} />}
      </section>
    </div>
  );
}
