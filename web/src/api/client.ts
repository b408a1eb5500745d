import type { Problem } from "./types.ts";

const BASE = "/api/v1/";
const CSRF = "lineside-csrf";

/** A refusal of the server, or our own words where no answer came. */
export class ApiError extends Error {
  constructor(readonly problem: Problem, readonly retryAfter: number | null = null) {
    super(problem.detail ?? problem.title);
    this.name = "ApiError";
  }

  get status(): number {
    return this.problem.status;
  }

  /** No answer at all: the network or the server is away. */
  get unreachable(): boolean {
    return this.problem.status === 0;
  }
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Options {
  body?: unknown;
  ifMatch?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** ms; a plain read has 30 s. */
  timeout?: number;
}

let signedOut: () => void = () => {};
/** Called when the server no longer knows this browser and renewing did not help. */
export function onSignedOut(fn: () => void): void {
  signedOut = fn;
}

export function csrf(): string | null {
  return localStorage.getItem(CSRF);
}

export function keepCsrf(token: string | null): void {
  if (token === null) localStorage.removeItem(CSRF);
  else localStorage.setItem(CSRF, token);
}

async function send(method: Method, path: string, options: Options): Promise<Response> {
  const headers = new Headers({ accept: "application/json", ...options.headers });
  const token = csrf();
  if (token) headers.set("x-lineside-csrf", token);
  let body: BodyInit | undefined;
  if (options.body !== undefined) {
    headers.set("content-type", "application/json");
    body = JSON.stringify(options.body);
  }
  if (options.ifMatch) headers.set("if-match", options.ifMatch);
  const limit = AbortSignal.timeout(options.timeout ?? 30_000);
  const signal = options.signal ? anyOf(options.signal, limit) : limit;
  try {
    return await fetch(BASE + path, {
      method,
      headers,
      body,
      signal,
      credentials: "same-origin",
      redirect: "error",
      cache: "no-store",
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError({ type: "/problems/unreachable", title: "", status: 0 });
  }
}

function anyOf(a: AbortSignal, b: AbortSignal): AbortSignal {
  const both = new AbortController();
  for (const s of [a, b]) {
    if (s.aborted) both.abort(s.reason);
    else s.addEventListener("abort", () => both.abort(s.reason), { once: true });
  }
  return both.signal;
}

async function problemOf(answer: Response): Promise<ApiError> {
  let problem: Problem = { type: "about:blank", title: answer.statusText, status: answer.status };
  if (/json/.test(answer.headers.get("content-type") ?? "")) {
    try {
      problem = { ...problem, ...(await answer.json() as Partial<Problem>), status: answer.status };
    } catch {
      // An answer cut short is still a refusal with its status.
    }
  }
  const wait = Number(answer.headers.get("retry-after"));
  return new ApiError(problem, Number.isFinite(wait) && wait > 0 ? wait : null);
}

let renewing: Promise<boolean> | null = null;

/**
 * A page on a neighbouring port can push our cookie out of the jar; the token in this
 * origin's storage brings it back. One attempt at a time, however many calls wait for it.
 */
function renew(): Promise<boolean> {
  const token = csrf();
  if (!token) return Promise.resolve(false);
  renewing ??= send("POST", "session/renew", { body: { csrf: token } })
    .then((a) => a.ok, () => false)
    .finally(() => {
      renewing = null;
    });
  return renewing;
}

export async function raw(method: Method, path: string, options: Options = {}): Promise<Response> {
  let answer = await send(method, path, options);
  if (answer.status === 401 && csrf() && path !== "session" && await renew()) {
    answer = await send(method, path, options);
  }
  if (!answer.ok) {
    const error = await problemOf(answer);
    if (answer.status === 401 && path !== "session" && path !== "user/password") {
      keepCsrf(null);
      signedOut();
    }
    throw error;
  }
  return answer;
}

async function json<T>(method: Method, path: string, options: Options): Promise<T> {
  const answer = await raw(method, path, options);
  if (answer.status === 204) return undefined as T;
  const text = await answer.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export const api = {
  get: <T>(path: string, options: Options = {}) => json<T>("GET", path, options),
  post: <T>(path: string, body: unknown = {}, options: Options = {}) =>
    json<T>("POST", path, { ...options, body }),
  put: <T>(path: string, body: unknown, options: Options = {}) =>
    json<T>("PUT", path, { ...options, body }),
  patch: <T>(path: string, body: unknown, options: Options = {}) =>
    json<T>("PATCH", path, { ...options, body }),
  delete: <T = void>(path: string, body?: unknown) => json<T>("DELETE", path, { body }),
};

/** `instances?limit=100&query=press`; what is empty is left out. */
export function query(path: string, values: Record<string, string | number | null | undefined>) {
  const q = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== "") q.set(key, String(value));
  }
  const text = q.toString();
  return text ? `${path}?${text}` : path;
}

/** Fetches with the token and hands the bytes to the browser's own download. */
export async function download(
  path: string,
  name: string,
  headers?: Record<string, string>,
): Promise<void> {
  const answer = await raw("GET", path, { timeout: 600_000, headers });
  const given = /filename="([^"\\/]+)"/.exec(answer.headers.get("content-disposition") ?? "")?.[1];
  const url = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = given ?? name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Sends a file as it is and reports how much of it has left. `fetch` cannot do that. */
export function upload<T>(
  path: string,
  file: Blob,
  progress: (sent: number, total: number) => void,
  signal: AbortSignal,
  headers: Record<string, string> = {},
  method: "POST" | "PUT" = "POST",
): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, BASE + path);
    request.setRequestHeader("accept", "application/json");
    request.setRequestHeader("content-type", "application/octet-stream");
    const token = csrf();
    if (token) request.setRequestHeader("x-lineside-csrf", token);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (e) => progress(e.loaded, file.size);
    request.onload = () => {
      let body: unknown;
      try {
        body = JSON.parse(request.responseText);
      } catch {
        body = undefined;
      }
      if (request.status >= 200 && request.status < 300) return resolve(body as T);
      const problem: Problem = { type: "about:blank", title: request.statusText, status: 0 };
      reject(new ApiError({ ...problem, ...(body as Problem), status: request.status }));
    };
    request.onerror = () =>
      reject(new ApiError({ type: "/problems/unreachable", title: "", status: 0 }));
    request.onabort = () => reject(new DOMException("stopped", "AbortError"));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}
