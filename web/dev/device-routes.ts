import type {
  Deployment,
  DeploymentDevices,
  DeviceOverride,
  Handover,
  MaintenanceWindow,
  WindowPreview,
} from "../src/api/types.ts";
import { fixture, newId } from "./data.ts";
import { find, type Handler, list, now } from "./kit.ts";

const NO_OVERRIDE = fixture<DeviceOverride>("device-override.none");

/** Devices and what belongs to them. */
export const DEVICES: Record<string, Handler> = {
  "GET devices": (c) => list(c.data.fleet.list(c.query), c.query),
  "GET devices/:d": (c) => find(c.data.fleet.devices, c.params.d),
  "PATCH devices/:d": (c) => Object.assign(find(c.data.fleet.devices, c.params.d), c.body),
  "DELETE devices/:d": (c) => {
    const gone = find(c.data.fleet.devices, c.params.d);
    c.data.fleet.devices.splice(c.data.fleet.devices.indexOf(gone), 1);
  },
  "GET devices/:d/settings": (c) => c.data.fleet.settings,
  "PATCH devices/:d/settings": (c) => Object.assign(c.data.fleet.settings, c.body),
  "GET devices/:d/environment": () => ({ variables: [] }),
  "GET devices/:d/logs": () => ({ items: [], hasMore: false }),
  "GET devices/:d/resources": () => list([]),
  "GET devices/:d/override": (c) => c.data.fleet.override,
  "POST devices/:d/override": (c) =>
    c.data.fleet.override = {
      reason: c.body.reason,
      askedBy: c.me!.user.username,
      askedAt: now(),
      until: now(),
      mayApprove: false,
    },
  "POST devices/:d/override/approve": (c) => {
    find(c.data.fleet.devices, c.params.d).phase = "switch";
    return c.data.fleet.override = NO_OVERRIDE;
  },
  "DELETE devices/:d/override": (c) => {
    c.data.fleet.override = NO_OVERRIDE;
  },
  "POST devices/:d/editor-session": (c) => ({
    ...fixture<Handover>("handover"),
    url: `${c.neighbour}/-/session`,
    code: `editor:${c.params.d}`,
  }),
  "POST devices/:d/pages-session": (c) => ({
    ...fixture<Handover>("handover"),
    url: `${c.neighbour}/session`,
    code: `page:${c.body.path}`,
  }),
  "POST devices/:d/commands": (c) => {
    const device = find(c.data.fleet.devices, c.params.d);
    if (c.body.command === "developer" || c.body.command === "autonomous") {
      device.mode = c.body.command;
    }
    return { command: c.body.command, state: "done", snapshotId: null };
  },
  "POST devices/:d/revoke": () => undefined,
  "POST devices/:d/re-enrol": (c) =>
    c.data.fleet.token({ kind: "bundle", name: "Press", uses: 1 }, c.me!.user.username),
  "GET device-groups": (c) => list(c.data.fleet.groups, c.query),
  "GET enrolments": (c) => list(c.data.fleet.enrolments, c.query),
  "POST enrolments/:e/:verb": (c) => {
    find(c.data.fleet.enrolments, c.params.e);
    c.data.fleet.enrolments.length = 0;
  },
  "GET enrolment-tokens": (c) => list(c.data.fleet.tokens, c.query),
  "POST enrolment-tokens": (c) => c.data.fleet.token(c.body, c.me!.user.username),
  "DELETE enrolment-tokens/:k": (c) => {
    find(c.data.fleet.tokens, c.params.k).state = "revoked";
  },
  "POST device-imports": (c) => ({
    dryRun: c.body.dryRun,
    applied: false,
    good: 2,
    refused: 1,
    rows: [{
      line: 4,
      name: "Press 4",
      deviceId: null,
      problem: "The team has a device of this name.",
    }],
  }),
  "POST enrolment-requests": () => ({ answer: "{}" }),
  "GET broker": (c) => c.data.fleet.broker,
  "GET broker/clients": (c) => list(c.data.fleet.clients, c.query),
  "POST broker/clients": (c) => {
    c.data.fleet.clients.push({
      ...c.body,
      id: newId("c"),
      createdAt: now(),
      lastSeenAt: null,
    });
    return { password: "mock-password" };
  },
  "PATCH broker/clients/:c": (c) => Object.assign(find(c.data.fleet.clients, c.params.c), c.body),
  "DELETE broker/clients/:c": (c) => {
    const gone = find(c.data.fleet.clients, c.params.c);
    c.data.fleet.clients.splice(c.data.fleet.clients.indexOf(gone), 1);
  },
  "POST broker/clients/:c/password": () => ({ password: "mock-password" }),
  "GET site/certificates": (c) => c.data.fleet.certificates,
  "POST site/certificates/recovery-kit": (c) => {
    c.data.fleet.certificates.recoveryKit.downloadedAt = now();
    return "kit";
  },
  "GET device-groups/:g": (c) => find(c.data.fleet.groups, c.params.g),
  "PATCH device-groups/:g": (c) => find(c.data.fleet.groups, c.params.g),
  "GET maintenance-windows": (c) =>
    list([fixture<MaintenanceWindow>("maintenance-window")], c.query),
  "GET maintenance-windows/:w/preview": (c) => ({
    ...fixture<WindowPreview>("window-preview"),
    text: `Asked for ${c.query.get("canary")} first, then ${c.query.get("percent")}.`,
  }),
  "GET deployments": (c) =>
    list([fixture<Deployment>("deployment"), fixture<Deployment>("deployment.stopped")], c.query),
  "POST deployments": () => fixture<Deployment>("deployment"),
  "GET deployments/:x": (c) =>
    find(
      [fixture<Deployment>("deployment"), fixture<Deployment>("deployment.stopped")],
      c.params.x,
    ),
  "POST deployments/:x/:order": () => fixture<Deployment>("deployment"),
  "GET deployments/:x/devices": (c) => {
    const state = c.query.get("state");
    const { items } = fixture<DeploymentDevices>("deployment-devices");
    return list(items.filter((d) => !state || d.state === state), c.query);
  },
};
