/** Pages of the objects that alarms and audit events name. */
const PAGES: Record<string, string> = {
  instance: "/instances/",
  application: "/applications/",
  snapshot: "/snapshots/",
  user: "/users/",
  device: "/devices/",
  "device-group": "/groups/",
  deployment: "/deployments/",
};

/** Objects that have a place in a list and no page of their own. */
const LISTS: Record<string, string> = {
  stack: "/stacks",
  team: "/applications",
  "broker-client": "/broker",
  enrolment: "/devices/requests",
  "enrolment-token": "/devices/requests",
  invitation: "/users/invitations",
  "maintenance-window": "/groups",
};

/** Where a person looks at it; null where nothing shows it. */
export function objectPath(object: { type: string; id: string }): string | null {
  const page = PAGES[object.type];
  return page ? page + object.id : LISTS[object.type] ?? null;
}

/** What is wrong with the site as a whole stands where it is mended. */
export function alarmPath(alarm: { kind: string; object: { type: string; id: string } }) {
  const { kind } = alarm;
  if (kind.startsWith("broker.")) return "/broker";
  if (kind.startsWith("certificate.") || kind === "site.certificate") return "/settings";
  if (kind === "site.devices-offline") return "/devices?state=offline";
  return objectPath(alarm.object);
}
