import { useMemo } from "react";
import { somewhere } from "../api/permissions.ts";
import type { Parameter, Recipe } from "../api/types.ts";
import { useLoad } from "../api/use.ts";
import { useCrumb } from "../app/crumbs.ts";
import { session } from "../app/session.ts";
import { FlowsView } from "../compare/flows.tsx";
import { drawnModel } from "../compare/sides.ts";
import { readFlows } from "../core/flow-model.ts";
import { number } from "../i18n/format.ts";
import { t, tn, word } from "../i18n/text.ts";
import { LinkButton } from "../ui/button.tsx";
import { Markdown } from "../ui/markdown.tsx";
import { Facts, PageHead, Panel } from "../ui/page-head.tsx";
import { Await, Failed, Loading } from "../ui/states.tsx";
import { Table } from "../ui/table.tsx";
import { useStore } from "../ui/use-store.ts";

/** One recipe: what it is for, what it needs, what can be set, how it is wired. */
export function RecipePage({ name }: { name: string }) {
  const loaded = useLoad<Recipe>(`recipes/${name}`);
  const user = useStore(session, (s) => s.user);
  useCrumb(name, loaded.data?.title);
  return (
    <div className="page">
      <PageHead title={loaded.data?.title ?? t("recipe")} note={loaded.data?.purpose}>
        {loaded.data && user && somewhere(user, "member")
          ? (
            <LinkButton kind="primary" icon="plus-lg" href={`/instances/new?recipe=${name}`}>
              {t("recipes.use")}
            </LinkButton>
          )
          : null}
      </PageHead>
      <Await of={loaded}>
        {(recipe) => (
          <>
            <Panel title={t("recipes.about")}>
              <Facts
                rows={[
                  [t("recipes.useFor"), word("recipeUse", recipe.use)],
                  [t("recipes.nodes"), tn("create.nodes", recipe.nodes)],
                  [t("access.title"), word("access", recipe.access)],
                  recipe.needs.length
                    ? [t("recipes.needs"), <Lines key="needs" texts={recipe.needs} />]
                    : null,
                  Object.keys(recipe.modules).length
                    ? [
                      t("recipes.modules"),
                      <Lines
                        key="modules"
                        texts={Object.entries(recipe.modules).map(([m, v]) => `${m} ${v}`)}
                      />,
                    ]
                    : null,
                ]}
              />
            </Panel>
            <Picture recipe={recipe} />
            <Parameters parameters={recipe.parameters} />
            {recipe.readme
              ? (
                <Panel title={t("recipes.readme")}>
                  <div className="pad">
                    <Markdown text={recipe.readme} />
                  </div>
                </Panel>
              )
              : null}
          </>
        )}
      </Await>
    </div>
  );
}

/** The flows as the editor draws them, to look at before an instance is made of them. */
function Picture({ recipe }: { recipe: Recipe }) {
  const loaded = useLoad<unknown>(`recipes/${recipe.name}/flows`);
  const model = useMemo(() => loaded.data ? drawnModel(readFlows(loaded.data)) : null, [
    loaded.data,
  ]);
  return (
    <section aria-labelledby="recipe-flows">
      <h2 id="recipe-flows" className="section-title">{t("recipes.picture")}</h2>
      {model
        ? <FlowsView model={model} />
        : loaded.error
        ? <Failed error={loaded.error} retry={loaded.reload} />
        : <Loading />}
    </section>
  );
}

function Lines({ texts }: { texts: readonly string[] }) {
  return <ul className="plain-list">{texts.map((x) => <li key={x}>{x}</li>)}</ul>;
}

function Parameters({ parameters }: { parameters: readonly Parameter[] }) {
  if (!parameters.length) return null;
  return (
    <Panel title={t("recipes.parametersTitle")}>
      <p className="pad muted">{t("recipes.parametersText")}</p>
      <Table
        label={t("recipes.parametersTitle")}
        rows={parameters}
        id={(p) => p.name}
        sortName="parameter"
        columns={[
          { key: "name", title: t("name"), cell: (p) => <code>{p.name}</code> },
          { key: "title", title: t("description"), cell: (p) => p.title },
          {
            key: "default",
            title: t("recipes.default"),
            numeric: true,
            cell: (p) => `${String(p.default ?? "")}${p.unit ? ` ${p.unit}` : ""}`,
          },
          { key: "range", title: t("recipes.range"), numeric: true, extra: true, cell: range },
        ]}
      />
    </Panel>
  );
}

function range(p: Parameter): string {
  if (p.min === null && p.max === null) return "";
  return `${p.min === null ? "" : number(p.min)} … ${p.max === null ? "" : number(p.max)}`;
}
