// A site without a site: serves web/dist and the API of the page from memory.
//   deno run --allow-net --allow-read dev/mock.ts [--port N] [--fresh] [--uproar]
// Prints one JSON line with its addresses. Sign in as admin or a.keller, "correct horse".
import { Live } from "./live.ts";
import { makeData, multiply } from "./data.ts";
import { Refusal } from "./kit.ts";
import { routes } from "./routes.ts";

const flag = (name: string) => Deno.args.includes(name);
const value = (name: string) => Deno.args[Deno.args.indexOf(name) + 1];
const port = flag("--port") ? Number(value("--port")) : 0;
const data = makeData(flag("--fresh"));
const live = new Live(data);
if (flag("--uproar")) {
  // The numbers that the page must bear.
  multiply(data, 500);
  live.uproar(1000);
}
const dist = new URL("../dist/", import.meta.url);

const TYPES: Record<string, string> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript",
  css: "text/css",
  svg: "image/svg+xml",
  woff2: "font/woff2",
  txt: "text/plain",
};

let neighbour = "", own = "";

/** The strict policy that the page must live under. */
function policy(): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    `form-action 'self' ${neighbour}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join("; ");
}

async function file(path: string, accept: string): Promise<Response> {
  const known = /^\/(assets\/[\w.-]+|icon\.svg|robots\.txt)$/.test(path);
  const name = known ? path.slice(1) : "index.html";
  const headers = new Headers({
    "content-type": TYPES[name.split(".").pop() ?? ""] ?? "application/octet-stream",
    "cache-control": name.startsWith("assets/") ? "max-age=31536000, immutable" : "no-cache",
    "content-security-policy": policy(),
    "cross-origin-opener-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin",
  });
  if (/\bgzip\b/.test(accept)) {
    try {
      const packed = await Deno.readFile(new URL(`${name}.gz`, dist));
      headers.set("content-encoding", "gzip");
      return new Response(packed, { headers });
    } catch {
      // No packed copy of this one.
    }
  }
  try {
    return new Response(await Deno.readFile(new URL(name, dist)), { headers });
  } catch {
    return new Response("not found", { status: 404 });
  }
}

function problem(refusal: Refusal): Response {
  const { status, detail, fields, retryAfter, type } = refusal;
  const headers = new Headers({ "content-type": "application/problem+json" });
  if (retryAfter) headers.set("retry-after", String(retryAfter));
  const body = {
    type,
    title: "Refused",
    status,
    detail,
    instance: "mock0r3f",
    fields,
  };
  return new Response(JSON.stringify(body), { status, headers });
}

async function handle(request: Request): Promise<Response> {
  const url = new URL(request.url);
  if (!url.pathname.startsWith("/api/v1/") && !url.pathname.startsWith("/mock/")) {
    return await file(url.pathname, request.headers.get("accept-encoding") ?? "");
  }
  if (url.pathname === "/api/v1/live") {
    if (request.headers.get("origin") !== url.origin) return new Response(null, { status: 403 });
    const { socket, response } = Deno.upgradeWebSocket(request);
    live.join(socket, (token) => data.sessions.some((s) => s.id === token));
    return response;
  }
  try {
    return await routes(data, live, request, url, () => neighbour);
  } catch (error) {
    if (error instanceof Refusal) return problem(error);
    console.error(error);
    return problem(new Refusal(500, "The mock failed."));
  }
}

/** Stands for the origins of editors and pages: says what it was handed. */
async function elsewhere(request: Request): Promise<Response> {
  // As the editors' gateway does: only a form of the platform's own page is taken.
  if (request.method === "POST" && request.headers.get("origin") !== own) {
    return new Response("Not allowed", { status: 403 });
  }
  const form = request.method === "POST" ? await request.formData() : null;
  const code = form?.get("code") ?? "none";
  const html = `<!doctype html><title>Editor</title><h1>Editor</h1><p id="code">${code}</p>`;
  return new Response(html, { headers: { "content-type": "text/html; charset=utf-8" } });
}

const other = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, elsewhere);
neighbour = `http://127.0.0.1:${other.addr.port}`;
Deno.serve({
  hostname: "127.0.0.1",
  port,
  onListen: ({ port }) => {
    own = `http://127.0.0.1:${port}`;
    console.log(JSON.stringify({ page: own, elsewhere: neighbour }));
  },
}, handle);
