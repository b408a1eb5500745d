import { backoff } from "../core/backoff.ts";
import { createStore } from "../core/store.ts";
import { api, ApiError, csrf } from "./client.ts";
import type { Health, Problem, Time } from "./types.ts";

export interface LiveMessage {
  topic: string;
  data?: unknown;
  missed?: number;
  error?: Problem;
}

type Listener = (message: LiveMessage) => void;

export interface Connection {
  /** `lost` is said only after a connection stood, or after 5 s without one. */
  state: "idle" | "connecting" | "open" | "lost";
  /** Since when what the page shows may be old, ms. */
  lostAt: number | null;
  /** Counts up with each return: who shows server data loads it again. */
  epoch: number;
  /** What the server runs now, if it is not what this page came from. */
  newBuild: string | null;
}

export const connection = createStore<Connection>({
  state: "idle",
  lostAt: null,
  epoch: 0,
  newBuild: null,
});

/** How often silence is checked, and how long an answer may take, ms. Together under 5 s. */
const PULSE = 2_200;
const PATIENCE = 2_500;

const topics = new Map<string, Set<Listener>>();
let socket: WebSocket | null = null;
let wanted = false;
let greeted = false;
let attempt = 0;
let retry: ReturnType<typeof setTimeout> | null = null;
let pulse: ReturnType<typeof setInterval> | null = null;
let asking = false;

/** Opens the socket and keeps it open until `disconnect`. */
export function connect(): void {
  if (wanted) return;
  wanted = true;
  connection.set({ state: "connecting" });
  open();
  pulse = setInterval(check, PULSE);
  addEventListener("online", soon);
  addEventListener("offline", lose);
}

export function disconnect(): void {
  wanted = false;
  if (retry) clearTimeout(retry);
  if (pulse) clearInterval(pulse);
  retry = pulse = null;
  removeEventListener("online", soon);
  removeEventListener("offline", lose);
  const old = socket;
  socket = null;
  greeted = false;
  old?.close();
  connection.set({ state: "idle", lostAt: null });
}

/** The first listener of a topic subscribes, the last one unsubscribes. */
export function listen(topic: string, fn: Listener): () => void {
  let set = topics.get(topic);
  if (!set) {
    topics.set(topic, set = new Set());
    say({ subscribe: topic });
  }
  set.add(fn);
  return () => {
    set.delete(fn);
    if (set.size === 0 && topics.get(topic) === set) {
      topics.delete(topic);
      say({ unsubscribe: topic });
    }
  };
}

/** Try now rather than when the back-off ends. */
export function soon(): void {
  attempt = 0;
  if (wanted && !socket) open();
}

function say(message: unknown): void {
  if (greeted && socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function open(): void {
  if (retry) clearTimeout(retry);
  retry = null;
  if (!wanted || socket) return;
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const mine = new WebSocket(`${scheme}//${location.host}/api/v1/live`);
  socket = mine;
  greeted = false;
  mine.onopen = () => {
    if (mine === socket) mine.send(JSON.stringify({ csrf: csrf() }));
  };
  mine.onmessage = (event) => {
    if (mine === socket && typeof event.data === "string") receive(event.data);
  };
  mine.onclose = (event) => {
    if (mine === socket) closed(event.code === 4401);
  };
}

/** `refused`: the server no longer knows this session. An ordinary call renews it or finds it ended. */
function closed(refused: boolean): void {
  socket = null;
  greeted = false;
  lose();
  if (!wanted) return;
  if (refused) api.get("user").catch(() => {});
  retry = setTimeout(open, backoff(attempt++));
}

function lose(): void {
  const now = connection.get();
  if (now.state === "open") connection.set({ state: "lost", lostAt: Date.now() });
}

function receive(text: string): void {
  let message: LiveMessage & { hello?: { build: string; time: Time } };
  try {
    message = JSON.parse(text);
  } catch {
    return;
  }
  if (message.hello) {
    greeted = true;
    heard(message.hello.build);
    for (const topic of topics.keys()) say({ subscribe: topic });
    back();
    return;
  }
  for (const fn of [...(topics.get(message.topic) ?? [])]) fn(message);
}

function back(): void {
  const now = connection.get();
  if (now.state === "open") return;
  // What was loaded before the first greeting may have changed before its topic was heard.
  const again = now.state === "lost" || (now.epoch === 0 && topics.size > 0);
  connection.set({ state: "open", lostAt: null, epoch: now.epoch + (again ? 1 : 0) });
}

/** The server is silent: the socket may look open and be dead, so a new one is made. */
function drop(): void {
  const old = socket;
  socket = null;
  greeted = false;
  old?.close();
  const now = connection.get();
  if (wanted && now.state !== "lost") connection.set({ state: "lost", lostAt: Date.now() });
  if (wanted && !retry) retry = setTimeout(open, backoff(attempt++));
}

let firstBuild: string | null = null;

/** The server was replaced under this page: it may go on, and may be loaded again. */
function heard(build: string): void {
  firstBuild ??= build;
  connection.set({ newBuild: build === firstBuild ? null : build });
}

/** A pulled cable closes no socket: silence is broken by asking. Hidden tabs do not ask. */
async function check(): Promise<void> {
  if (asking || document.visibilityState === "hidden") return;
  asking = true;
  try {
    await api.get<Health>("health", { timeout: PATIENCE });
    if (greeted && socket?.readyState === WebSocket.OPEN) {
      attempt = 0;
      back();
    } else if (!socket && !retry) open();
  } catch (error) {
    if (error instanceof ApiError && error.unreachable) drop();
  } finally {
    asking = false;
  }
}
