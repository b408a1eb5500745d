/** The views of the API, as they stand on the wire. Times are RFC 3339 UTC, ids 20 letters and digits. */
export type Time = string;

import type { DeploymentState } from "./device-types.ts";

export type * from "./device-types.ts";

export interface List<T> {
  items: T[];
  count: number;
  next: string | null;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  /** The reference of this refusal, for whoever looks into the log. */
  instance?: string;
  fields?: Record<string, string>;
}

export interface Health {
  status: "ok";
  version: string;
  setupRequired: boolean;
  site: string | null;
  time: Time;
  language: Language;
  /** The site's zone, for those who may not read the site's settings. */
  timeZone?: string;
}

export type Language = "en" | "de";
export type Theme = "system" | "light" | "dark";
export type Scope = "site" | "organization" | "team" | "application";
export type Role = "administrator" | "owner" | "member" | "viewer" | "dashboard";

export interface Grant {
  id: string;
  scope: Scope;
  scopeId: string | null;
  scopeName: string;
  role: Role;
}

export interface User {
  id: string;
  username: string;
  name: string;
  email: string | null;
  language: Language;
  theme: Theme;
  administrator: boolean;
  disabled: boolean;
  createdAt: Time;
  lastSeenAt: Time | null;
  grants: Grant[];
}

export interface SignedIn {
  user: User;
  csrf: string;
}

export interface Session {
  id: string;
  createdAt: Time;
  lastSeenAt: Time;
  expiresAt: Time;
  address: string;
  agent: string;
  current: boolean;
}

export interface Token {
  id: string;
  name: string;
  readOnly: boolean;
  scope: Scope;
  scopeId: string | null;
  createdAt: Time;
  expiresAt: Time | null;
  lastUsedAt: Time | null;
  /** Only in the answer that creates it. */
  secret?: string;
}

export interface Invitation {
  id: string;
  username: string | null;
  grants: { scope: Scope; scopeId: string | null; role: Role }[];
  expiresAt: Time;
  /** Only in the answer that creates it. */
  link?: string;
}

export interface InvitationOffer {
  site: string;
  username: string | null;
  expiresAt: Time;
}

export interface Site {
  name: string;
  language: Language;
  timeZone: string;
}

export interface Team {
  id: string;
  name: string;
  slug: string;
  organizationId: string;
  createdAt: Time;
  role: Role;
  counts: { applications: number; instances: number; devices: number };
}

export interface Application {
  id: string;
  teamId: string;
  name: string;
  description: string;
  createdAt: Time;
  counts: { instances: number };
}

export type InstanceState =
  | "stopped"
  | "starting"
  | "running"
  | "unhealthy"
  | "stopping"
  | "backing-off"
  | "safe"
  | "crashed";

export type Access = "login" | "token" | "basic" | "open";

export interface Instance {
  id: string;
  applicationId: string;
  teamId: string;
  name: string;
  slug: string;
  state: InstanceState;
  /** What is wrong and what to do, in one sentence. */
  stateDetail: string | null;
  desiredState: "running" | "stopped";
  stack: { id: string; name: string; version: string } | null;
  practice: boolean;
  url: string;
  editorUrl: string;
  access: Access;
  memoryLimitMB: number;
  cpuLimitPercent: number | null;
  timeZone: string;
  /** Whether the editor may install node packages, and upload them as files. */
  paletteInstall: boolean;
  paletteUpload: boolean;
  /** Versions kept whatever their age, and the age up to which others are; null: as the site says. */
  keepVersions: number | null;
  keepDays: number | null;
  filesQuotaMB: number;
  filesInVersions: boolean;
  filesServed: boolean;
  /** Where they are served, if they are. */
  filesUrl: string;
  /** Bytes; null before they were counted. */
  filesUsed: number | null;
  safeMode: boolean;
  pid: number | null;
  startedAt: Time | null;
  restarts: number;
  lastDeployAt: Time | null;
  flowsRevision: string | null;
  resources: { rss: number; cpuPercent: number; lagMs: number | null } | null;
  createdAt: Time;
  permissions: string[];
}

export interface Variable {
  name: string;
  value: string | null;
  secret: boolean;
}

export interface Environment {
  variables: Variable[];
}

export interface PageToken {
  id: string;
  name: string;
  createdAt: Time;
  lastUsedAt?: Time | null;
  /** Only in the answer that creates it. */
  secret?: string;
}

export interface Version {
  id: string;
  instanceId: string;
  number: number;
  at: Time;
  by: string | null;
  source: "editor" | "api" | "restore" | "upload" | "create" | "unknown";
  summary: string;
  size: number;
  flowsDigest: string;
  hasCredentials: boolean;
  hasFiles: boolean;
  pinned: boolean;
  modules: NodeModule[];
  /** Names of the environment variables that were set. */
  environment: string[];
  stackId: string | null;
  snapshot: { id: string; name: string } | null;
  /** What the newest run of the instance's tests on this version gave. */
  tests?: { state: string; passed: number; failed: number; runId?: string } | null;
}

export interface Snapshot {
  id: string;
  applicationId: string;
  instanceId: string | null;
  versionId: string | null;
  name: string;
  note: string;
  author: string;
  createdAt: Time;
  size: number;
  flowsDigest: string;
  hasCredentials: boolean;
  hasFiles: boolean;
  pinned: boolean;
  modules: NodeModule[];
  environment: string[];
}

export interface NodeModule {
  name: string;
  version: string;
}

export interface RestoreResult {
  version: Version | null;
  missingModules: NodeModule[];
  restarted: boolean;
  /** How many files were put back; null where none were asked for. */
  filesRestored: number | null;
}

export interface Stack {
  id: string;
  name: string;
  version: string;
  nodeRed: string;
  node: string | null;
  abi: string | null;
  architecture: string;
  size: number;
  files: number;
  digest: string;
  addedAt: Time;
  addedBy: string;
  instances: number;
}

export interface LogRecord {
  seq: number;
  at: Time;
  level: string;
  source: { type: string; id: string; name: string } | null;
  text: string;
}

/** A stretch of a log; `first` and `last` bound what is kept at all. */
export interface LogPage extends List<LogRecord> {
  first: number;
  last: number;
  hasMore: boolean;
}

export interface ResourceSample {
  at: Time;
  rss: number;
  heapUsed: number | null;
  cpuPercent: number;
  lagMs: number | null;
}

export interface ObjectRef {
  type: string;
  id: string;
  name: string;
}

export interface Alarm {
  id: string;
  kind: string;
  object: ObjectRef;
  severity: "warning" | "alarm";
  text: string;
  since: Time;
  acknowledgedBy: string | null;
  acknowledgedAt: Time | null;
  clearedAt: Time | null;
}

export interface AuditEvent {
  id: string;
  at: Time;
  actor: { type: "user" | "token" | "site" | "device" | "nobody"; id: string; name: string };
  address: string | null;
  kind: string;
  object: ObjectRef | null;
  teamId: string | null;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  text: string;
}

export interface Parameter {
  name: string;
  title: string;
  unit: string | null;
  default: string | number | boolean | null;
  min: number | null;
  max: number | null;
  type: "string" | "number" | "boolean";
}

export interface Recipe {
  name: string;
  title: string;
  purpose: string;
  use: "application" | "automation" | "extraction";
  needs: string[];
  /** Node packages that it needs, with a range of versions. */
  modules: Record<string, string>;
  /** How its pages are opened unless somebody changes that. */
  access: Access;
  parameters: Parameter[];
  nodes: number;
  flowsUrl: string;
  /** Markdown; null in lists. */
  readme: string | null;
}

/** One entry of a files area. */
export interface FileEntry {
  name: string;
  /** From the area's root, with / between folders. */
  path: string;
  /** `other`: a link or a device that a flow left there; it is only listed. */
  kind: "file" | "folder" | "other";
  size: number;
  modifiedAt: Time;
}

export type File = FileEntry;

export interface FileList extends List<FileEntry> {
  /** Bytes of all files of the area, and what it may have. */
  used: number;
  quota: number;
  /** Entries whose names cannot be shown. */
  unlisted: number;
  /** `false`: there is more in it than was counted. */
  complete: boolean;
}

/** A file that belongs to a version. */
export interface VersionFile {
  path: string;
  size: number;
  modifiedAt: Time;
  kept: boolean;
  /** Why it was not kept. */
  reason: string | null;
}

export interface FlowTestDefinition {
  format: string;
  name: string;
  timeout?: number;
  environment?: Record<string, string>;
  mocks?: unknown[];
  steps?: unknown[];
  [more: string]: unknown;
}

export interface FlowTest {
  id: string;
  instanceId?: string;
  name: string;
  definition: FlowTestDefinition;
  createdAt: Time;
  updatedAt: Time;
}

export interface FlowTestStep {
  index: number;
  state: string;
  text: string;
  /** What was wrong. */
  detail?: string | null;
  /** JSON as text, cut where it is long. */
  expected?: unknown;
  got?: unknown;
  ms?: number | null;
}

export interface FlowTestCase {
  name: string;
  state: string;
  ms: number;
  detail?: string | null;
  steps: FlowTestStep[];
  log: string[];
}

export interface FlowTestRun {
  id: string;
  instanceId?: string;
  state: "queued" | "running" | "passed" | "failed" | "error";
  passed: number;
  failed: number;
  versionId: string | null;
  versionNumber: number;
  startedAt: Time;
  finishedAt: Time | null;
  by: string | null;
  /** Why it could not run. */
  detail?: string | null;
  cases?: FlowTestCase[];
}

export interface Overview {
  site: string;
  version: string;
  uptimeSeconds: number;
  alarms: { warning: number; alarm: number };
  instances: Partial<Record<InstanceState, number>>;
  devices: Record<
    "total" | "online" | "offline" | "faulty" | "updating" | "developer" | "expiring",
    number
  >;
  /** Those that are not over. */
  deployments: Partial<Record<DeploymentState, number>>;
  disk: { total: number; free: number };
  database: { size: number };
  certificate: { expiresAt: Time | null };
  backup: { lastAt: Time | null };
  directBackend: boolean;
  notices: { kind: string; text: string }[];
}

export interface SearchItem {
  type: string;
  id: string;
  name: string;
  path: string;
}

/** A one-time code for another origin: posted as a form field to `url`, never part of an address. */
export interface Handover {
  url: string;
  code: string;
  expiresAt: Time;
}

export type Change = "added" | "removed" | "changed" | "moved";
export type MatchBy = "auto" | "id" | "name";

/** What is compared: one of these. */
export type SideRef =
  | { version: string }
  | { snapshot: string }
  | { instance: string }
  | { flows: unknown[]; name: string };

export interface ComparedSide {
  kind: "version" | "snapshot" | "instance" | "file";
  id: string | null;
  label: string;
  at: Time | null;
  by: string | null;
  instanceId: string | null;
  flowsUrl: string | null;
  nodes: number;
}

export interface ComparedContainer {
  fromId?: string;
  toId?: string;
  kind: "tab" | "subflow" | "global";
  label: string;
  change: Change | "same";
  added: number;
  removed: number;
  changed: number;
  moved: number;
}

export interface ComparedLine {
  op: "same" | "added" | "removed" | "gap";
  from: number | null;
  to: number | null;
  text: string;
}

export interface ComparedProperty {
  path: string;
  from?: unknown;
  to?: unknown;
  lines?: ComparedLine[];
}

export interface ComparedWire {
  port: number;
  fromId?: string;
  toId?: string;
}

export interface ComparedNode {
  fromId?: string;
  toId?: string;
  type: string;
  name: string;
  kind: "node" | "config" | "group" | "tab" | "subflow" | "instance";
  fromContainer?: string;
  toContainer?: string;
  change: Change;
  isMoved: boolean;
  properties: ComparedProperty[];
  wires: { added: ComparedWire[]; removed: ComparedWire[] };
  credentials: "added" | "removed" | "changed" | null;
}

export interface Comparison {
  from: ComparedSide;
  to: ComparedSide;
  matchedBy: "id" | "name";
  identical: boolean;
  summary: Record<Change | "unchanged", number>;
  containers: ComparedContainer[];
  nodes: ComparedNode[];
  modules: { name: string; from: string | null; to: string | null }[];
  environment: { name: string; change: "added" | "removed" }[];
  warnings: string[];
}

/**
 * How long versions are kept: the newest ones, and those younger than so many days; and for how many
 * days audit events, which go to files on the server then.
 */
export interface Retention {
  keepVersions: number;
  keepDays: number;
  keepAuditDays: number;
}

export interface Vault {
  files: number;
  chunks: number;
  contentSize: number;
  storedSize: number;
  lastScrub: Time | null;
  damaged: { digest: string; affects: string[] }[];
}
