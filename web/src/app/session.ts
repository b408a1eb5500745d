import { api, ApiError, csrf, keepCsrf, onSignedOut } from "../api/client.ts";
import { connect, disconnect } from "../api/live.ts";
import type { Health, SignedIn, Site, User } from "../api/types.ts";
import { asError } from "../api/use.ts";
import { createStore } from "../core/store.ts";
import { setTimeZone } from "../i18n/format.ts";
import { prefer, suggestLanguage } from "./preferences.ts";

interface SessionState {
  phase: "loading" | "failed" | "setup" | "out" | "in";
  health: Health | null;
  user: User | null;
  site: Site | null;
  error: ApiError | null;
  /** The session ended under the page, which is another thing than never having had one. */
  ended: boolean;
}

export const session = createStore<SessionState>({
  phase: "loading",
  health: null,
  user: null,
  site: null,
  error: null,
  ended: false,
});

onSignedOut(() => {
  if (session.get().phase !== "in") return;
  disconnect();
  session.set({ phase: "out", user: null, ended: true });
});

/** Finds out whether this site is set up and whether this browser is signed in. */
export async function begin(): Promise<void> {
  session.set({ phase: "loading", error: null });
  try {
    const health = await api.get<Health>("health");
    session.set({ health });
    if (health.setupRequired) return session.set({ phase: "setup" });
    await suggestLanguage(health.language);
    if (!csrf()) return session.set({ phase: "out" });
    await enter(await api.get<User>("user"));
  } catch (error) {
    const e = asError(error);
    if (e.status === 401) session.set({ phase: "out" });
    else if (e.problem.type === "/problems/setup-required") session.set({ phase: "setup" });
    else session.set({ phase: "failed", error: e });
  }
}

/** After POST /session, /setup or an invitation. */
export async function signedIn(answer: SignedIn): Promise<void> {
  keepCsrf(answer.csrf);
  const health = await api.get<Health>("health").catch(() => session.get().health);
  session.set({ health });
  await enter(answer.user);
}

async function enter(user: User): Promise<void> {
  await prefer({ language: user.language, theme: user.theme });
  const site = user.administrator ? await api.get<Site>("site").catch(() => null) : null;
  setTimeZone(
    site?.timeZone ?? session.get().health?.timeZone ??
      Intl.DateTimeFormat().resolvedOptions().timeZone,
  );
  session.set({ phase: "in", user, site, error: null, ended: false });
  connect();
}

export function changedUser(user: User): void {
  prefer({ language: user.language, theme: user.theme });
  session.set({ user });
}

export function changedSite(site: Site): void {
  setTimeZone(site.timeZone);
  session.set({ site });
}

export async function signOut(): Promise<void> {
  await api.delete("session");
  keepCsrf(null);
  disconnect();
  session.set({ phase: "out", user: null, ended: false });
}

/** The role that counts here, for the bar: what somebody may do must be visible. */
export function roleOf(user: User): string {
  if (user.administrator) return "administrator";
  const order = ["owner", "member", "viewer", "dashboard"];
  const best = user.grants.map((g) => order.indexOf(g.role)).filter((i) => i >= 0);
  return best.length ? order[Math.min(...best)] : "none";
}
