/** What stands in the address bar, taken apart. */
export interface Location {
  path: string;
  query: URLSearchParams;
  hash: string;
}

export type Params = Record<string, string>;

/** `/instances/:id` against `/instances/abc` gives `{id: "abc"}`; `null` where it does not fit. */
export function matchPath(pattern: string, path: string): Params | null {
  const want = pattern.split("/").filter(Boolean);
  const have = path.split("/").filter(Boolean);
  if (want.length !== have.length) return null;
  const params: Params = {};
  for (let i = 0; i < want.length; i++) {
    const name = want[i];
    if (name.startsWith(":")) {
      try {
        params[name.slice(1)] = decodeURIComponent(have[i]);
      } catch {
        return null;
      }
    } else if (name !== have[i]) return null;
  }
  return params;
}

export function parseUrl(url: string): Location {
  const u = new URL(url, "http://page.invalid");
  return { path: u.pathname, query: u.searchParams, hash: u.hash.replace(/^#/, "") };
}

/** The path with its query changed; empty and `null` values are left out. */
export function withQuery(at: Location, change: Record<string, string | null>): string {
  const query = new URLSearchParams(at.query);
  for (const [key, value] of Object.entries(change)) {
    if (value === null || value === "") query.delete(key);
    else query.set(key, value);
  }
  const text = query.toString();
  return at.path + (text ? `?${text}` : "");
}

/** Where to go after signing in: only a path of this page, whatever the address bar was given. */
export function safeNext(next: string | null): string {
  if (!next || !next.startsWith("/") || /^\/[\\/]/.test(next)) return "/";
  const u = parseUrl(next);
  if (u.path.startsWith("/sign-in") || u.path.startsWith("/api/")) return "/";
  return next;
}
