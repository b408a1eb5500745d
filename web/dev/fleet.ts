import type {
  Broker,
  BrokerClient,
  Device,
  DeviceGroup,
  DeviceOverride,
  DeviceSettings,
  Enrolment,
  EnrolmentToken,
  SiteCertificates,
} from "../src/api/types.ts";
import { fixture, newId } from "./data.ts";

const PLACES = ["Press", "Filler", "Packer", "Robot", "Conveyor", "Oven"];
const STATES: Partial<Device>[] = [
  {},
  {},
  {},
  { connected: false, lastSeenAt: "2026-03-01T11:00:00.000Z" },
  { phase: "fetch", progress: { done: 310_000, of: 1_000_000 }, isCurrent: false },
  { state: "unhealthy", problem: "The event loop lags by 2 s." },
  {
    phase: "failed",
    isCurrent: false,
    problem: "Node-RED did not come up; the former snapshot runs.",
  },
];

/** By their number. */
const SPECIAL: Record<number, Partial<Device>> = {
  8: { mode: "developer", connected: true, state: "running", phase: "idle" },
  9: {
    phase: "waiting",
    isCurrent: false,
    problem: "The machine says not now: a shift runs",
  },
  10: {
    connected: true,
    phase: "probation",
    isCurrent: false,
    phaseUntil: "2026-03-01T12:01:00.000Z",
  },
  11: { agent: "stock", connected: true, phase: "idle", certificate: null },
};

/** The devices of the mock site: as many as a large plant has. */
export class Fleet {
  readonly devices: Device[];
  readonly settings: DeviceSettings = {
    heapMB: 512,
    port: 1880,
    paletteInstall: false,
    localLogin: null,
    httpAuth: null,
    timeZone: null,
    logLevel: "info",
    nodeREDVersion: null,
    probationSeconds: 60,
    stackId: null,
  };
  readonly groups: DeviceGroup[] = [{
    id: "g0000000000000000001",
    applicationId: "a0000000000000000001",
    name: "Hall 2",
    note: "",
    filter: { tags: ["hall-2"], type: null, namePattern: null },
    teamId: "t0000000000000000001",
    target: null,
    window: null,
    deviceCount: 240,
    currentCount: 0,
    createdAt: "2026-02-11T08:12:00.000Z",
  }];
  readonly broker = fixture<Broker>("broker");
  readonly clients = [fixture<BrokerClient>("broker-client")];
  readonly certificates = fixture<SiteCertificates>("site-certificates");
  override = fixture<DeviceOverride>("device-override.none");
  readonly tokens: EnrolmentToken[] = [];
  readonly enrolments: Enrolment[] = [{
    id: "e0000000000000000001",
    tokenId: null,
    teamId: "t0000000000000000001",
    deviceId: null,
    serial: null,
    facts: { name: "edge-17", model: null, serial: null, addresses: [], agentVersion: "0.1.0" },
    fingerprint: "K7QF-2M9D-XT4W",
    address: "10.20.4.77",
    state: "pending",
    createdAt: "2026-03-02T05:50:00.000Z",
    decidedAt: null,
    decidedBy: null,
  }];

  constructor(count: number) {
    const sample = fixture<Device>("device");
    this.devices = Array.from({ length: count }, (_, n) => ({
      ...sample,
      ...STATES[n % STATES.length],
      id: `d${String(n + 1).padStart(19, "0")}`,
      ...(SPECIAL[n + 1] ?? {}),
      name: `${PLACES[n % PLACES.length]} ${String(n + 1).padStart(4, "0")}`,
    }));
  }

  list(q: URLSearchParams): Device[] {
    const text = (q.get("query") ?? "").toLowerCase(), state = q.get("state");
    const found = this.devices.filter((d) =>
      d.name.toLowerCase().includes(text) &&
      (!state || this.conditions(d).includes(state))
    );
    return q.get("sort") === "last-seen"
      ? found.sort((a, b) => (a.lastSeenAt ?? "").localeCompare(b.lastSeenAt ?? ""))
      : found;
  }

  conditions(d: Device): string[] {
    const faulty = d.phase === "failed" || d.state === "unhealthy";
    return [
      d.connected ? "online" : "offline",
      faulty ? "faulty" : "",
      faulty || !d.connected ? "attention" : "",
      d.phase === "fetch" ? "updating" : "",
      d.mode === "developer" ? "developer" : "",
    ];
  }

  // deno-lint-ignore no-explicit-any -- a mock reads what the page sends
  token(body: any, by: string) {
    const token: EnrolmentToken = {
      id: newId("k"),
      kind: body.kind,
      name: body.name,
      teamId: body.teamId,
      applicationId: body.applicationId,
      groupId: null,
      deviceId: null,
      state: "open",
      uses: body.uses,
      usesLeft: body.uses,
      confirm: body.confirm,
      expect: { serial: null, mac: null },
      createdAt: new Date().toISOString(),
      createdBy: by,
      expiresAt: null,
      revokedAt: null,
    };
    this.tokens.unshift(token);
    const bundle = JSON.stringify({ v: 1, token: token.id, urls: ["https://10.20.0.5:8443"] });
    return {
      token,
      bundle: body.kind === "bundle" ? bundle : null,
      code: body.kind === "code" ? "7K2M9-QXT4W-H8DPR-3CVFN" : null,
      deviceYml: body.kind === "provisioning" ? "provisioningToken: mock\n" : null,
    };
  }
}
