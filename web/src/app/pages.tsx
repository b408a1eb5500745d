import type { ReactNode } from "react";
import { matchPath, type Params } from "../core/router.ts";
import { t } from "../i18n/text.ts";
import { InstancesPage } from "../instances/instances.tsx";
import { OverviewPage } from "../overview/overview.tsx";
import { LinkButton } from "../ui/button.tsx";
import { Lazily } from "../ui/lazily.tsx";
import { useLocation } from "../ui/navigation.ts";
import { PageHead } from "../ui/page-head.tsx";
import { Empty } from "../ui/states.tsx";
import { type Rest, rest } from "./rest.ts";

type Draw = (pages: Rest, params: Params) => ReactNode;

function lazily(draw: Draw) {
  return (params: Params) => <Lazily load={rest} draw={(pages) => draw(pages, params)} />;
}

/** Every page and its address. */
const PAGES: readonly [string, (params: Params) => ReactNode][] = [
  ["/", () => <OverviewPage />],
  ["/instances", () => <InstancesPage />],
  ["/instances/new", lazily((m) => <m.CreateInstance />)],
  ["/instances/:id", lazily((m, p) => <m.InstancePage key={p.id} id={p.id} tab="overview" />)],
  ["/instances/:id/:tab", lazily((m, p) => <m.InstancePage key={p.id} id={p.id} tab={p.tab} />)],
  [
    "/instances/:id/versions/:version",
    lazily((m, p) => <m.VersionFlows key={p.version} instance={p.id} version={p.version} />),
  ],
  ["/applications", lazily((m) => <m.ApplicationsPage />)],
  ["/applications/:id", lazily((m, p) => <m.ApplicationPage key={p.id} id={p.id} />)],
  ["/snapshots/:id", lazily((m, p) => <m.SnapshotPage key={p.id} id={p.id} />)],
  ["/snapshots/:id/flows", lazily((m, p) => <m.SnapshotFlows key={p.id} id={p.id} />)],
  ["/compare", lazily((m) => <m.ComparePage />)],
  ["/devices", lazily((m) => <m.DevicesPage />)],
  ["/devices/add", lazily((m) => <m.AddDevices />)],
  ["/devices/requests", lazily((m) => <m.RequestsPage />)],
  ["/devices/:id", lazily((m, p) => <m.DevicePage key={p.id} id={p.id} tab="overview" />)],
  ["/devices/:id/:tab", lazily((m, p) => <m.DevicePage key={p.id} id={p.id} tab={p.tab} />)],
  [
    "/register/remote-instance/:session",
    lazily((m, p) => <m.RegisterPage key={p.session} session={p.session} />),
  ],
  ["/groups", lazily((m) => <m.GroupsPage />)],
  ["/groups/:id", lazily((m, p) => <m.GroupPage key={p.id} id={p.id} />)],
  ["/deployments", lazily((m) => <m.DeploymentsPage />)],
  ["/deployments/new", lazily((m) => <m.StartDeployment />)],
  ["/deployments/:id", lazily((m, p) => <m.DeploymentPage key={p.id} id={p.id} />)],
  ["/broker", lazily((m) => <m.BrokerPage />)],
  ["/recipes", lazily((m) => <m.RecipesPage />)],
  ["/recipes/:name", lazily((m, p) => <m.RecipePage key={p.name} name={p.name} />)],
  ["/stacks", lazily((m) => <m.StacksPage />)],
  ["/users", lazily((m) => <m.UsersPage tab="users" />)],
  ["/users/invitations", lazily((m) => <m.UsersPage tab="invitations" />)],
  ["/users/:id", lazily((m, p) => <m.UserPage key={p.id} id={p.id} />)],
  ["/audit", lazily((m) => <m.AuditPage />)],
  ["/alarms", lazily((m) => <m.AlarmsPage />)],
  ["/settings", lazily((m) => <m.SettingsPage />)],
  ["/account", lazily((m) => <m.AccountPage tab="profile" />)],
  ["/account/:tab", lazily((m, p) => <m.AccountPage tab={p.tab} />)],
  ["/open/pages/d/:id", lazily((m, p) => <m.OpenDevicePages key={p.id} id={p.id} />)],
  ["/open/pages/:slug", lazily((m, p) => <m.OpenPages key={p.slug} slug={p.slug} />)],
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
