import { useEffect } from "react";
import { api, query } from "../api/client.ts";
import type { Handover, Instance, List } from "../api/types.ts";
import { useAction } from "../api/use.ts";
import { t } from "../i18n/text.ts";
import { useQuery } from "../ui/navigation.ts";
import { PageHead } from "../ui/page-head.tsx";
import { Failed, Loading } from "../ui/states.tsx";
import { ApiError } from "../api/client.ts";
import { handOver } from "./open-editor.tsx";

/**
 * Where the page origin sends somebody without a page session: fetches a one-time code for
 * `path`, counted from the instance's own root, and goes on there.
 */
export function OpenPages({ slug }: { slug: string }) {
  const [path] = useQuery("path", "/");
  const { run, error } = useAction();
  const go = () => {
    run(async () => {
      const found = await api.get<List<Instance>>(query("instances", { query: slug, limit: 200 }));
      const instance = found.items.find((i) => i.slug === slug);
      if (!instance) {
        throw new ApiError({
          type: "/problems/not-found",
          title: "",
          status: 404,
          detail: t("pages.unknown", { slug }),
        });
      }
      handOver(await api.post<Handover>(`instances/${instance.id}/pages`, { path }), "_self");
    });
  };
  useEffect(go, [slug, path]);
  return (
    <div className="page">
      <PageHead title={t("pages.opening", { name: slug })} />
      <section className="panel">
        {error ? <Failed error={error} retry={go} /> : <Loading rows={2} />}
      </section>
    </div>
  );
}
