import type { Recipe } from "../api/types.ts";
import { useList } from "../api/use.ts";
import { t, tn, word } from "../i18n/text.ts";
import { Link } from "../ui/link.tsx";
import { Search, Toolbar } from "../ui/list.tsx";
import { useQuery } from "../ui/navigation.ts";
import { PageHead } from "../ui/page-head.tsx";
import { Await, Empty } from "../ui/states.tsx";
import { Tag } from "../ui/status.tsx";
import { Button } from "../ui/button.tsx";

const USES = ["application", "automation", "extraction"] as const;

/** Ready-made flows, by what a plant uses Node-RED for. */
export function RecipesPage() {
  const list = useList<Recipe>("recipes");
  const [filter, setFilter] = useQuery("filter");
  const fits = (r: Recipe) =>
    `${r.title} ${r.purpose} ${r.needs.join(" ")}`.toLowerCase().includes(filter.toLowerCase());
  return (
    <div className="page">
      <PageHead title={t("recipes.title")} note={t("recipes.note")} />
      <Toolbar label={t("recipes.title")}>
        <Search label={t("filter")} value={filter} onChange={setFilter} />
      </Toolbar>
      <Await of={list}>
        {(all) => {
          const recipes = all.filter(fits);
          if (!recipes.length) {
            return (
              <section className="panel">
                <Empty
                  icon="search"
                  title={t("list.nothingFound")}
                  action={<Button onClick={() => setFilter("")}>{t("list.clearFilter")}</Button>}
                >
                  {t("list.nothingFits")}
                </Empty>
              </section>
            );
          }
          return (
            <>
              {USES.map((use) => {
                const some = recipes.filter((r) => r.use === use);
                return some.length
                  ? (
                    <section key={use} aria-labelledby={`use-${use}`}>
                      <h2 id={`use-${use}`} className="section-title">{word("recipeUse", use)}</h2>
                      <ul className="cards">
                        {some.map((r) => <Card key={r.name} recipe={r} />)}
                      </ul>
                    </section>
                  )
                  : null;
              })}
            </>
          );
        }}
      </Await>
    </div>
  );
}

function Card({ recipe }: { recipe: Recipe }) {
  const modules = Object.keys(recipe.modules);
  return (
    <li className="panel card">
      <h3>
        <Link href={`/recipes/${recipe.name}`}>{recipe.title}</Link>
      </h3>
      <p>{recipe.purpose}</p>
      <p className="muted small">
        {tn("create.nodes", recipe.nodes)} · {tn("recipes.parameters", recipe.parameters.length)}
        {modules.length ? <>{modules.map((m) => <Tag key={m}>{m}</Tag>)}</> : null}
      </p>
    </li>
  );
}
