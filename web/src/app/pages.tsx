import type { ReactNode } from "react";
import { AccountPage } from "../account/account.tsx";
import { AuditPage } from "../audit/audit.tsx";
import { ComparePage } from "../compare/compare.tsx";
import { SnapshotFlows, VersionFlows } from "../compare/flows.tsx";
import { matchPath, type Params } from "../core/router.ts";
import { t } from "../i18n/text.ts";
import { CreateInstance } from "../instances/create.tsx";
import { InstancePage } from "../instances/instance.tsx";
import { InstancesPage } from "../instances/instances.tsx";
import { OpenPages } from "../instances/open-pages.tsx";
import { OverviewPage } from "../overview/overview.tsx";
import { ApplicationPage } from "../snapshots/application.tsx";
import { ApplicationsPage } from "../snapshots/applications.tsx";
import { SnapshotPage } from "../snapshots/snapshot.tsx";
import { RecipePage } from "../recipes/recipe.tsx";
import { RecipesPage } from "../recipes/recipes.tsx";
import { StacksPage } from "../stacks/stacks.tsx";
import { LinkButton } from "../ui/button.tsx";
import { useLocation } from "../ui/navigation.ts";
import { PageHead } from "../ui/page-head.tsx";
import { Empty } from "../ui/states.tsx";
import { UserPage } from "../users/user.tsx";
import { UsersPage } from "../users/users.tsx";
import { AlarmsPage } from "./alarms.tsx";
import { SettingsPage } from "./settings.tsx";

/** Every page and its address. */
const PAGES: readonly [string, (params: Params) => ReactNode][] = [
  ["/", () => <OverviewPage />],
  ["/instances", () => <InstancesPage />],
  ["/instances/new", () => <CreateInstance />],
  ["/instances/:id", (p) => <InstancePage key={p.id} id={p.id} tab="overview" />],
  ["/instances/:id/:tab", (p) => <InstancePage key={p.id} id={p.id} tab={p.tab} />],
  [
    "/instances/:id/versions/:version",
    (p) => <VersionFlows key={p.version} instance={p.id} version={p.version} />,
  ],
  ["/applications", () => <ApplicationsPage />],
  ["/applications/:id", (p) => <ApplicationPage key={p.id} id={p.id} />],
  ["/snapshots/:id", (p) => <SnapshotPage key={p.id} id={p.id} />],
  ["/snapshots/:id/flows", (p) => <SnapshotFlows key={p.id} id={p.id} />],
  ["/compare", () => <ComparePage />],
  ["/recipes", () => <RecipesPage />],
  ["/recipes/:name", (p) => <RecipePage key={p.name} name={p.name} />],
  ["/stacks", () => <StacksPage />],
  ["/users", () => <UsersPage tab="users" />],
  ["/users/invitations", () => <UsersPage tab="invitations" />],
  ["/users/:id", (p) => <UserPage key={p.id} id={p.id} />],
  ["/audit", () => <AuditPage />],
  ["/alarms", () => <AlarmsPage />],
  ["/settings", () => <SettingsPage />],
  ["/account", () => <AccountPage tab="profile" />],
  ["/account/:tab", (p) => <AccountPage tab={p.tab} />],
  ["/open/pages/:slug", (p) => <OpenPages key={p.slug} slug={p.slug} />],
];

export function CurrentPage() {
  const at = useLocation();
  for (const [pattern, page] of PAGES) {
    const params = matchPath(pattern, at.path);
    if (params) return <>{page(params)}</>;
  }
  return <Missing />;
}

export function Missing() {
  return (
    <div className="page">
      <PageHead title={t("missing.title")} />
      <section className="panel">
        <Empty
          icon="question-circle"
          title={t("missing.what")}
          action={<LinkButton href="/" kind="primary">{t("missing.home")}</LinkButton>}
        >
          {t("missing.text")}
        </Empty>
      </section>
    </div>
  );
}
