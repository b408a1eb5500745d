import type { ReactNode } from "react";
import { matchPath, type Params } from "../core/router.ts";
import { t } from "../i18n/text.ts";
import { InstancePage } from "../instances/instance.tsx";
import { InstancesPage } from "../instances/instances.tsx";
import { OpenDevicePages, OpenPages } from "../instances/open-pages.tsx";
import { OverviewPage } from "../overview/overview.tsx";
import { LinkButton } from "../ui/button.tsx";
import { Lazily } from "../ui/lazily.tsx";
import { useLocation } from "../ui/navigation.ts";
import { PageHead } from "../ui/page-head.tsx";
import { Empty } from "../ui/states.tsx";
import { AlarmsPage } from "./alarms.tsx";

/** Areas that the browser gets when somebody goes there: few, as each costs what they share. */
const keeping = () => import("../areas/keeping.ts");
const plant = () => import("../areas/plant.ts");
const house = () => import("../areas/house.ts");

function within<M>(load: () => Promise<M>, draw: (module: M, params: Params) => ReactNode) {
  return (params: Params) => <Lazily load={load} draw={(module) => draw(module, params)} />;
}

/** Every page and its address. */
const PAGES: readonly [string, (params: Params) => ReactNode][] = [
  ["/", () => <OverviewPage />],
  ["/instances", () => <InstancesPage />],
  ["/instances/new", within(keeping, (m) => <m.CreateInstance />)],
  ["/instances/:id", (p) => <InstancePage key={p.id} id={p.id} tab="overview" />],
  ["/instances/:id/:tab", (p) => <InstancePage key={p.id} id={p.id} tab={p.tab} />],
  [
    "/instances/:id/versions/:version",
    within(
      keeping,
      (m, p) => <m.VersionFlows key={p.version} instance={p.id} version={p.version} />,
    ),
  ],
  ["/applications", within(keeping, (m) => <m.ApplicationsPage />)],
  ["/applications/:id", within(keeping, (m, p) => <m.ApplicationPage key={p.id} id={p.id} />)],
  ["/snapshots/:id", within(keeping, (m, p) => <m.SnapshotPage key={p.id} id={p.id} />)],
  ["/snapshots/:id/flows", within(keeping, (m, p) => <m.SnapshotFlows key={p.id} id={p.id} />)],
  ["/compare", within(keeping, (m) => <m.ComparePage />)],
  ["/devices", within(plant, (m) => <m.DevicesPage />)],
  ["/devices/add", within(plant, (m) => <m.AddDevices />)],
  ["/devices/requests", within(plant, (m) => <m.RequestsPage />)],
  ["/devices/:id", within(plant, (m, p) => <m.DevicePage key={p.id} id={p.id} tab="overview" />)],
  ["/devices/:id/:tab", within(plant, (m, p) => <m.DevicePage key={p.id} id={p.id} tab={p.tab} />)],
  [
    "/register/remote-instance/:session",
    within(plant, (m, p) => <m.RegisterPage key={p.session} session={p.session} />),
  ],
  ["/groups", within(plant, (m) => <m.GroupsPage />)],
  ["/groups/:id", within(plant, (m, p) => <m.GroupPage key={p.id} id={p.id} />)],
  ["/deployments", within(plant, (m) => <m.DeploymentsPage />)],
  ["/deployments/new", within(plant, (m) => <m.StartDeployment />)],
  ["/deployments/:id", within(plant, (m, p) => <m.DeploymentPage key={p.id} id={p.id} />)],
  ["/broker", within(plant, (m) => <m.BrokerPage />)],
  ["/recipes", within(keeping, (m) => <m.RecipesPage />)],
  ["/recipes/:name", within(keeping, (m, p) => <m.RecipePage key={p.name} name={p.name} />)],
  ["/stacks", within(keeping, (m) => <m.StacksPage />)],
  ["/users", within(house, (m) => <m.UsersPage tab="users" />)],
  ["/users/invitations", within(house, (m) => <m.UsersPage tab="invitations" />)],
  ["/users/:id", within(house, (m, p) => <m.UserPage key={p.id} id={p.id} />)],
  ["/audit", within(house, (m) => <m.AuditPage />)],
  ["/alarms", () => <AlarmsPage />],
  ["/settings", within(house, (m) => <m.SettingsPage />)],
  ["/account", within(house, (m) => <m.AccountPage tab="profile" />)],
  ["/account/:tab", within(house, (m, p) => <m.AccountPage tab={p.tab} />)],
  ["/open/pages/d/:id", (p) => <OpenDevicePages key={p.id} id={p.id} />],
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
