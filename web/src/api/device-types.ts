import type { List, Time } from "./types.ts";

/** A Node-RED run elsewhere under an agent. */
export interface Device {
  id: string;
  name: string;
  type: string;
  /** Null before one has enrolled. */
  agent: "lineside" | "stock" | null;
  teamId: string;
  applicationId: string | null;
  groupId: string | null;
  tags: string[];
  connected: boolean;
  lastSeenAt: Time | null;
  address: string | null;
  state: string;
  mode: "autonomous" | "developer";
  /** What somebody wants. */
  run: "running" | "stopped";
  target: { id: string; name: string } | null;
  running: { id: string; name: string } | null;
  /** It runs what it shall. */
  isCurrent: boolean;
  /** Of the transaction that brings a snapshot; `idle` between two. */
  phase: string;
  /** Bytes of what is being fetched. */
  progress: { done: number; of: number } | null;
  /** When its probation, or what it waits for, ends at the latest. */
  phaseUntil: Time | null;
  problem: string | null;
  versions: {
    agent: string | null;
    node: string | null;
    nodeRED: string | null;
    architecture: string | null;
  };
  certificate: { serial: string; notAfter: Time; revokedAt: Time | null } | null;
  createdAt: Time;
}

/** Somebody wants the device to switch although it says “not now”; all null where nobody does. */
export interface DeviceOverride {
  reason: string | null;
  askedBy: string | null;
  askedAt: Time | null;
  until: Time | null;
  /** Whether the caller is the second person. */
  mayApprove: boolean;
}

export interface EnrolmentToken {
  id: string;
  kind: "bundle" | "code" | "provisioning" | "one-time";
  name: string;
  teamId: string;
  applicationId: string | null;
  groupId: string | null;
  deviceId: string | null;
  state: "open" | "used" | "expired" | "revoked";
  uses: number;
  usesLeft: number;
  /** Whether somebody compares a fingerprint first. */
  confirm: boolean;
  /** The one device that may use it. */
  expect: { serial: string | null; mac: string | null };
  createdAt: Time;
  createdBy: string;
  expiresAt: Time | null;
  revokedAt: Time | null;
}

/** What a new token gives once and never again. */
export interface NewEnrolmentToken {
  token: EnrolmentToken;
  /** Text of a bundle file. */
  bundle: string | null;
  /** Typed on the device, or given to a stock agent. */
  code: string | null;
  /** The whole file of a stock agent. */
  deviceYml: string | null;
}

/** One device that asks to be let in. */
export interface Enrolment {
  id: string;
  state: "pending" | "issued" | "refused";
  fingerprint: string;
  /** What the device says of itself. */
  facts: {
    name: string | null;
    model: string | null;
    serial: string | null;
    addresses: string[];
    agentVersion: string | null;
  };
  address: string | null;
  tokenId: string | null;
  teamId: string;
  deviceId: string | null;
  /** Of its certificate. */
  serial: string | null;
  createdAt: Time;
  decidedAt: Time | null;
  decidedBy: string | null;
}

export interface DeviceSettings {
  heapMB: number;
  port: number;
  paletteInstall: boolean;
  localLogin: { name: string } | null;
  httpAuth: { name: string } | null;
  timeZone: string | null;
  logLevel: string;
  nodeREDVersion: string | null;
  probationSeconds: number;
  /** Null: that of the snapshot's instance. */
  stackId: string | null;
}

/** How long certificates of devices last, and how long after that a device may still renew. */
export type EnrolmentPolicy = Record<"certificateDays" | "graceDays", number>;

export interface DeviceImport {
  dryRun: boolean;
  /** Whether the devices are there now; one wrong line keeps all out. */
  applied: boolean;
  good: number;
  refused: number;
  rows: { line: number; name: string; deviceId: string | null; problem: string | null }[];
}

interface Named {
  id: string;
  name: string;
}

export interface DeviceGroup {
  id: string;
  teamId: string;
  applicationId: string;
  name: string;
  note: string;
  /** Null for a group whose devices somebody picks. */
  filter: { tags: string[]; type: string | null; namePattern: string | null } | null;
  target: Named | null;
  window: Named | null;
  deviceCount: number;
  /** Those that run the target. */
  currentCount: number;
  createdAt: Time;
}

export type DeploymentState =
  | "ready"
  | "awaiting-approval"
  | "running"
  | "paused"
  | "stopping"
  | "stopped"
  | "finished"
  | "cancelled";

export type DeploymentDeviceState =
  | "pending"
  | "sent"
  | "updating"
  | "busy"
  | "offline"
  | "developer"
  | "updated"
  | "failed"
  | "superseded"
  | "removed"
  | "returning"
  | "returned";

export type DeploymentCounts = Record<DeploymentDeviceState | "total", number>;

export interface RolloutPlan {
  canary: number;
  percent: number[];
  successPercent: number[];
  errorsAbsolute: number | null;
  errorPercent: number;
  soakSeconds: number;
  offlineGraceSeconds: number;
  silenceSeconds: number;
  groupIds: string[];
}

export interface DeploymentStep {
  number: number;
  name: string;
  state: "waiting" | "running" | "finished";
  verdict: "advance" | "hold" | "stop";
  reason: string | null;
  counts: DeploymentCounts;
  startedAt: Time | null;
  settledAt: Time | null;
  soakUntil: Time | null;
  finishedAt: Time | null;
}

export interface Deployment {
  id: string;
  teamId: string;
  applicationId: string;
  name: string;
  snapshot: Named;
  window: Named | null;
  plan: RolloutPlan;
  state: DeploymentState;
  reason: string | null;
  counts: DeploymentCounts;
  /** What it would take now. */
  orders: ("approve" | "pause" | "resume" | "cancel" | "retry-failed" | "return-updated")[];
  /** Empty in lists. */
  groups: DeploymentStep[];
  createdAt: Time;
  createdBy: string;
  /** What was worth a word when it was made. */
  warnings: string[];
  startedAt: Time | null;
  finishedAt: Time | null;
}

export interface DeploymentDevice {
  deviceId: string;
  name: string;
  group: number;
  state: DeploymentDeviceState;
  text: string | null;
  attempts: number;
  former: Named | null;
  changedAt: Time;
  sentAt: Time | null;
  fetchedAt: Time | null;
  doneAt: Time | null;
}

export interface MaintenanceWindow {
  id: string;
  teamId: string;
  applicationId: string;
  name: string;
  timeZone: string;
  weekly: { days: string[]; start: string; minutes: number }[];
  exceptions: { from: Time; to: Time; open: boolean }[];
  isOpen: boolean;
  opensAt: Time | null;
  closesAt: Time | null;
  createdAt: Time;
}

export interface SiteCertificates {
  server: {
    names: string[];
    addresses: string[];
    notAfter: Time;
    issuer: string;
    own: boolean;
    /** Sentences about the plant's own certificate. */
    warnings: string[];
  };
  authority: {
    subject: string;
    fingerprint: string;
    spki: string;
    notAfter: Time;
    kind: "own" | "issuing";
  };
  recoveryKit: { downloadedAt: Time | null };
  revocations: { number: number; count: number; at: Time | null };
}

export interface Broker {
  state: string;
  problem: string | null;
  external: boolean;
  port: number | null;
  connections: number | null;
  dropped: number | null;
  messages: number | null;
  limits: { messageBytes: number; queuedMessages: number; queuedBytes: number; inFlight: number };
  unenforceable: string[];
}

export interface AccessRule {
  access: "publish" | "subscribe" | "both";
  filter: string;
}

/** A gateway or a PLC with a name and rules of its own at the site broker. */
export interface BrokerClient {
  id: string;
  teamId: string;
  name: string;
  note: string;
  rules: AccessRule[];
  enabled: boolean;
  createdAt: Time;
  lastSeenAt: Time | null;
}

/** Whether what would be done fits into the next opening. */
export interface WindowPreview {
  opensAt: Time | null;
  closesAt: Time | null;
  devices: number;
  fetchSeconds: number | null;
  switchSeconds: number | null;
  neededSeconds: number | null;
  fits: boolean | null;
  text: string;
}

export type Devices = List<Device>;
export type DeploymentDevices = List<DeploymentDevice>;
