// What the mock site holds: made from the fixtures of web/contract, so that it can't drift from them.
import { Areas } from "./areas.ts";
import { Fleet } from "./fleet.ts";
import type {
  Alarm,
  Application,
  AuditEvent,
  EnrolmentPolicy,
  Grant,
  Instance,
  InstanceState,
  Invitation,
  LogRecord,
  PageToken,
  Recipe,
  ResourceSample,
  Retention,
  Session,
  Site,
  Snapshot,
  Stack,
  Team,
  Token,
  User,
  Variable,
  Vault,
  Version,
} from "../src/api/types.ts";

export function fixture<T>(name: string): T {
  return JSON.parse(
    Deno.readTextFileSync(new URL(`../contract/${name}.json`, import.meta.url)),
  ) as T;
}

let counter = 0;
export function newId(letter: string): string {
  return letter + String(++counter).padStart(19, "0");
}

export interface Account {
  user: User;
  password: string;
}

export interface Data {
  setupCode: string | null;
  site: Site;
  accounts: Account[];
  sessions: Session[];
  tokens: Token[];
  invitations: (Invitation & { secret: string })[];
  teams: Team[];
  applications: Application[];
  instances: Instance[];
  environment: Map<string, Variable[]>;
  versions: Version[];
  snapshots: Snapshot[];
  pageTokens: Map<string, PageToken[]>;
  stacks: Stack[];
  recipes: Recipe[];
  areas: Areas;
  fleet: Fleet;
  alarms: Alarm[];
  audit: AuditEvent[];
  logs: Map<string, LogRecord[]>;
  retention: Retention;
  enrolment: EnrolmentPolicy;
  vault: Vault;
}

const LINES: [string, string, string, string][] = [
  ["info", "mqtt-broker", "plant", "Connected to broker: mqtt://broker.plant.local:8883"],
  ["debug", "function", "OEE", "availability 0.912 performance 0.874 quality 0.996"],
  ["info", "opcua-client", "capper", "subscription 4412 keep-alive"],
  ["debug", "mqtt in", "filler/state", "message received on plant1/filling/1/state (312 bytes)"],
  ["warn", "modbus-read", "filler-1", "no response from unit 7 within 1000 ms, retry 1 of 3"],
  ["info", "postgresql", "historian", "inserted 48 rows in 6 ms"],
  [
    "error",
    "http request",
    "MES order",
    "ECONNREFUSED 10.20.4.18:443 – order 4711-22 not reported",
  ],
];

export function logLine(seq: number, at: number): LogRecord {
  const [level, type, name, text] = LINES[(Math.imul(seq, 2654435761) >>> 16) % LINES.length];
  return {
    seq,
    at: new Date(at).toISOString(),
    level,
    source: { type, id: "n" + seq % 7, name },
    text,
  };
}

export function sample(at: number): ResourceSample {
  const s = Math.sin(at / 600_000), f = Math.sin(at / 47_000);
  const burst = Math.floor(at / 60_000) % 41 === 3 ? 45 : 0;
  return {
    at: new Date(at).toISOString(),
    rss: Math.round(212e6 + s * 9e6 + f * 2e6 + burst * 1e6),
    heapUsed: Math.round(81e6 + s * 5e6),
    cpuPercent: Math.max(0, Math.round((18 + s * 6 + f * 5 + burst) * 10) / 10),
    lagMs: Math.round((1.6 + f * 0.7 + burst / 20) * 10) / 10,
  };
}

export function makeData(fresh: boolean, now = Date.now()): Data {
  const ago = (minutes: number) => new Date(now - minutes * 60_000).toISOString();
  const admin = fixture<User>("user.administrator");
  const anna = fixture<User>("user");
  const data: Data = {
    setupCode: fresh ? "7K2M-9QXT" : null,
    site: { ...fixture<Site>("site"), language: "en" },
    accounts: fresh ? [] : [
      { user: { ...admin, theme: "system", lastSeenAt: ago(1) }, password: "correct horse" },
      {
        user: {
          ...anna,
          language: "en",
          grants: [{ ...anna.grants[0], role: "viewer" } as Grant],
          lastSeenAt: ago(180),
        },
        password: "correct horse",
      },
    ],
    sessions: [],
    tokens: [{ ...fixture<Token>("token"), lastUsedAt: ago(12) }],
    invitations: [],
    teams: [fixture<Team>("team")],
    applications: [fixture<Application>("application")],
    instances: [],
    environment: new Map(),
    versions: [],
    snapshots: [],
    pageTokens: new Map(),
    stacks: [],
    recipes: [fixture<Recipe>("recipe")],
    areas: new Areas(),
    fleet: new Fleet(fresh ? 0 : 480),
    alarms: [],
    audit: [],
    logs: new Map(),
    enrolment: { certificateDays: 730, graceDays: 365 },
    retention: { keepVersions: 1000, keepDays: 365, keepAuditDays: 400 },
    vault: {
      files: 1840,
      chunks: 5120,
      contentSize: 1_420_000_000,
      storedSize: 31_600_000,
      lastScrub: ago(60 * 9),
      damaged: [],
    },
  };
  if (fresh) {
    data.applications[0].counts.instances = 0;
    return data;
  }
  const packaging = { ...data.applications[0], id: newId("a"), name: "Packaging", description: "" };
  packaging.counts = { instances: 1 };
  data.applications.push(packaging);
  const stack = { ...fixture<Stack>("stack"), addedAt: ago(60 * 24 * 30) };
  data.stacks = [stack, {
    ...stack,
    id: newId("k"),
    version: "4.0.9",
    nodeRed: "4.0.9",
    node: null,
    abi: null,
    size: 98_000_000,
    instances: 0,
  }];
  const names: [string, InstanceState, string | null][] = [
    ["Press OEE", "running", null],
    ["Filler gateway", "crashed", fixture<Instance>("instance.crashed").stateDetail],
    ["Energy meters", "running", null],
    [
      "Label printer",
      "unhealthy",
      "It has not answered for 40 s: a node keeps it busy. Look at its log; it is restarted in 20 s.",
    ],
    ["Trial", "stopped", null],
  ];
  const base = fixture<Instance>("instance");
  for (const [i, [name, state, detail]] of names.entries()) {
    const off = state === "stopped" || state === "crashed";
    const instance: Instance = {
      ...base,
      id: i === 0 ? base.id : newId("i"),
      applicationId: data.applications[i === 2 ? 1 : 0].id,
      name,
      slug: name.toLowerCase().replace(/ /g, "-"),
      state,
      stateDetail: detail,
      desiredState: state === "stopped" ? "stopped" : "running",
      pid: off ? null : 4711 + i,
      startedAt: off ? null : ago(60 * 26 + i * 13),
      lastDeployAt: ago(180 + i * 700),
      resources: off ? null : { rss: 212e6 + i * 31e6, cpuPercent: 12.5 + i * 3, lagMs: 1.4 },
      restarts: state === "crashed" ? 5 : 0,
    };
    data.instances.push(instance);
    data.environment.set(
      instance.id,
      fixture<{ variables: Variable[] }>("environment").variables.map((v) => ({ ...v })),
    );
    data.logs.set(
      instance.id,
      Array.from({ length: 900 }, (_, k) => logLine(k + 1, now - (900 - k) * 1500)),
    );
  }
  const version = fixture<Version>("version");
  const summaries = [
    "2 nodes added, 1 changed on Line 3",
    "1 node changed on Line 1",
    "4 nodes moved on Line 1",
    "Credentials of broker “plant” changed",
    "",
  ];
  for (let n = 1; n <= 12; n++) {
    data.versions.unshift({
      ...version,
      id: newId("e"),
      number: n,
      at: ago((13 - n) * 190),
      source: n === 1 ? "create" : n === 7 ? "restore" : "editor",
      by: n % 3 ? "a.keller" : "admin",
      summary: summaries[n % summaries.length],
      size: 40_000 + n * 700,
      snapshot: null,
      pinned: n === 4,
      hasFiles: n > 9,
      tests: n === 12
        ? { state: "failed", passed: 4, failed: 1 }
        : n === 9
        ? { state: "passed", passed: 5, failed: 0 }
        : null,
    });
  }
  const snapshot = { ...fixture<Snapshot>("snapshot"), versionId: data.versions[2].id };
  snapshot.createdAt = data.versions[2].at;
  data.versions[2].snapshot = { id: snapshot.id, name: snapshot.name };
  data.snapshots = [snapshot];
  const crashed = data.instances[1], unhealthy = data.instances[3];
  const alarm = fixture<Alarm>("alarm");
  data.alarms = [
    {
      ...alarm,
      object: { type: "instance", id: crashed.id, name: crashed.name },
      since: ago(22),
    },
    {
      ...alarm,
      id: newId("l"),
      kind: "instance.unhealthy",
      severity: "warning",
      object: { type: "instance", id: unhealthy.id, name: unhealthy.name },
      text: "Label printer does not answer. Look for an endless loop in its newest change.",
      since: ago(1),
    },
    {
      ...fixture<Alarm>("alarm.past"),
      since: ago(400),
      acknowledgedAt: ago(390),
      clearedAt: ago(380),
    },
  ];
  const event = fixture<AuditEvent>("audit-event");
  const kinds: [string, string][] = [
    ["instance.changed", "Changed instance Press OEE"],
    ["session.created", "Signed in"],
    ["snapshot.created", "Made snapshot 2026.11.2"],
    ["instance.started", "Started instance Energy meters"],
    ["stack.added", "Added stack Node-RED 4.1.2"],
    ["user.created", "Created user a.keller"],
  ];
  for (let n = 0; n < 40; n++) {
    const [kind, text] = kinds[n % kinds.length];
    data.audit.push({
      ...event,
      id: newId("d"),
      at: ago(n * 37 + 3),
      kind,
      text,
      before: kind === "instance.changed" ? event.before : null,
      after: kind === "instance.changed" ? event.after : null,
    });
  }
  return data;
}

/** As many running instances as somebody wants to see at once. */
export function multiply(data: Data, count: number): void {
  const first = data.instances[0];
  data.instances = Array.from({ length: count }, (_, n) => ({
    ...first,
    id: n === 0 ? first.id : newId("i"),
    name: `Line ${String(n + 1).padStart(3, "0")}`,
    slug: `line-${n + 1}`,
  }));
}
