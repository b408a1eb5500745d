import type {
  ComparedSide,
  Handover,
  Instance,
  Session,
  Snapshot,
  Team,
  Token,
  User,
} from "../src/api/types.ts";
import { type RawNode, readFlows } from "../src/core/flow-model.ts";
import { matchPath } from "../src/core/router.ts";
import { compare } from "./compare.ts";
import { type Account, type Data, fixture, newId, sample } from "./data.ts";
import { DEVICES } from "./device-routes.ts";
import { flowsOf, manyNodes } from "./flows.ts";
import { type Call, find, type Handler, list, now, Refusal } from "./kit.ts";
import type { Live } from "./live.ts";

const COOKIE = "__Host-lineside";

function mustBe(condition: boolean, field: string, sentence: string): void {
  if (!condition) throw new Refusal(422, "Check the marked fields.", { [field]: sentence });
}

function openSession(c: Call, account: Account, status = 201): Response {
  const session: Session = {
    ...fixture<Session>("session"),
    id: "csrf" + crypto.randomUUID().replace(/-/g, ""),
    createdAt: now(),
    lastSeenAt: now(),
    expiresAt: new Date(Date.now() + 30 * 86_400_000).toISOString(),
    address: "127.0.0.1",
    agent: c.request.headers.get("user-agent") ?? "",
  };
  c.data.sessions.push(session);
  owners.set(session.id, account);
  return new Response(JSON.stringify({ user: account.user, csrf: session.id }), {
    status,
    headers: { "content-type": "application/json", "set-cookie": cookie(session.id) },
  });
}

const cookie = (id: string) => `${COOKIE}=${id}; Path=/; HttpOnly; Secure; SameSite=Strict`;
const owners = new Map<string, Account>();

function act(c: Call, i: Instance, action: string): Instance {
  const later = (state: Instance["state"], ms: number) =>
    setTimeout(() => {
      i.state = state;
      i.pid = state === "running" ? 5000 : null;
      i.startedAt = state === "running" ? now() : null;
      i.stateDetail = null;
      c.live.changed(i);
    }, ms);
  if (action === "start") {
    i.state = "starting";
    i.desiredState = "running";
    later("running", 700);
  } else if (action === "restart") {
    i.state = "stopping";
    later("running", 900);
  } else {
    i.state = "stopping";
    i.desiredState = "stopped";
    later("stopped", 500);
  }
  c.live.changed(i);
  return i;
}

const instance = (c: Call) => find(c.data.instances, c.params.i);

const MANY = "Energy meters";

function flowsOfVersion(data: Data, id: string | null): RawNode[] {
  return flowsOf(data.versions.find((v) => v.id === id)?.number ?? 9);
}

function flowsOfInstance(data: Data, i: Instance): RawNode[] {
  if (i.name === MANY) return manyNodes(2000);
  return flowsOf(data.versions.find((v) => v.instanceId === i.id)?.number ?? 1);
}

type Given = {
  version?: string;
  snapshot?: string;
  instance?: string;
  flows?: unknown;
  name?: string;
};

/** One side of a comparison, or a refusal that names the side. */
function side(c: Call, which: "from" | "to"): { side: ComparedSide; flows: RawNode[] } {
  const given = c.body[which] as Given;
  const { data } = c;
  const made = (view: Partial<ComparedSide> & { label: string }, flows: RawNode[]) => ({
    side: {
      kind: "file" as const,
      id: null,
      at: null,
      by: null,
      instanceId: null,
      flowsUrl: null,
      ...view,
      nodes: flows.length,
    },
    flows,
  });
  const version = data.versions.find((v) => v.id === given.version);
  if (version) {
    const i = find(data.instances, version.instanceId);
    return made({
      kind: "version",
      id: version.id,
      label: `${i.name}, version ${version.number}`,
      at: version.at,
      by: version.by,
      instanceId: i.id,
      flowsUrl: `/api/v1/instances/${i.id}/versions/${version.id}/flows`,
    }, flowsOfVersion(data, version.id));
  }
  const snapshot = data.snapshots.find((s) => s.id === given.snapshot);
  if (snapshot) {
    return made({
      kind: "snapshot",
      id: snapshot.id,
      label: snapshot.name,
      at: snapshot.createdAt,
      by: snapshot.author,
      instanceId: snapshot.instanceId,
      flowsUrl: `/api/v1/snapshots/${snapshot.id}/flows`,
    }, flowsOfVersion(data, snapshot.versionId));
  }
  const running = data.instances.find((i) => i.id === given.instance);
  if (running) {
    return made({
      kind: "instance",
      id: running.id,
      label: running.name,
      at: running.lastDeployAt,
      instanceId: running.id,
      flowsUrl: `/api/v1/instances/${running.id}/flows`,
    }, flowsOfInstance(data, running));
  }
  if (Array.isArray(given.flows)) return made({ label: given.name ?? "" }, readFlows(given.flows));
  throw new Refusal(404, "This version does not exist, or you may not see it.", {
    [which]: "This does not exist, or you may not see it.",
  });
}

const OPEN: Record<string, Handler> = {
  "GET health": (c) => ({
    status: "ok",
    version: "0.1.0",
    setupRequired: c.data.setupCode !== null,
    site: c.data.setupCode === null ? c.data.site.name : null,
    time: now(),
    language: c.data.site.language,
    timeZone: c.data.site.timeZone,
  }),
  "POST setup": (c) => {
    const b = c.body;
    if (b.code !== c.data.setupCode) {
      throw new Refusal(403, "The setup code is wrong.", { code: "Read it from the server." });
    }
    mustBe(b.password.length >= 10, "password", "Use at least 10 characters.");
    mustBe(b.site.trim() !== "", "site", "Give the site a name.");
    const user = { ...fixture<User>("user.administrator"), username: b.username };
    user.language = b.language;
    user.theme = "system";
    c.data.site = { name: b.site, language: b.language, timeZone: b.timeZone };
    c.data.setupCode = null;
    const account = { user, password: b.password };
    c.data.accounts.push(account);
    return openSession(c, account);
  },
  "POST session": (c) => {
    const account = c.data.accounts.find((a) => a.user.username === c.body.username);
    if (c.body.password === "throttle") throw new Refusal(429, "Too many attempts.", undefined, 30);
    if (!account || account.password !== c.body.password) {
      throw new Refusal(401, "User name or password is wrong.");
    }
    return openSession(c, account);
  },
  "POST session/renew": (c) => {
    const session = c.data.sessions.find((s) => s.id === c.body.csrf);
    if (!session) throw new Refusal(401, "The session has ended.");
    return new Response(null, { status: 204, headers: { "set-cookie": cookie(session.id) } });
  },
  "GET invitations/:secret": (c) => {
    const found = c.data.invitations.find((i) => i.secret === c.params.secret);
    if (!found) throw new Refusal(404, "This invitation is not valid.");
    return { site: c.data.site.name, username: found.username, expiresAt: found.expiresAt };
  },
  "POST invitations/:secret": (c) => {
    const found = c.data.invitations.find((i) => i.secret === c.params.secret);
    if (!found) throw new Refusal(404, "This invitation is not valid.");
    mustBe(c.body.password.length >= 10, "password", "Use at least 10 characters.");
    c.data.invitations = c.data.invitations.filter((i) => i !== found);
    const user: User = {
      ...fixture<User>("user"),
      id: newId("u"),
      username: c.body.username,
      name: c.body.name,
      language: c.data.site.language,
      grants: found.grants.map((g) => ({ ...g, id: newId("g"), scopeName: "Plant 1" })),
    };
    const account = { user, password: c.body.password };
    c.data.accounts.push(account);
    return openSession(c, account);
  },
};

const CLOSED: Record<string, Handler> = {
  "DELETE session": (c) => {
    c.data.sessions = c.data.sessions.filter((s) => s !== c.session);
  },
  "GET user": (c) => c.me!.user,
  "PATCH user": (c) => Object.assign(c.me!.user, c.body),
  "POST user/password": (c) => {
    mustBe(c.body.current === c.me!.password, "current", "This is not your current password.");
    mustBe(c.body.new.length >= 10, "new", "Use at least 10 characters.");
    c.me!.password = c.body.new;
  },
  "GET user/sessions": (c) =>
    list(c.data.sessions.map((s) => ({ ...s, current: s === c.session }))),
  "DELETE user/sessions/:s": (c) => {
    c.data.sessions = c.data.sessions.filter((s) => s.id !== c.params.s);
  },
  "GET user/tokens": (c) => list(c.data.tokens),
  "POST user/tokens": (c) => {
    mustBe(c.body.name !== "", "name", "Give it a name.");
    const token: Token = { ...c.body, id: newId("k"), createdAt: now(), lastUsedAt: null };
    c.data.tokens.push(token);
    return { ...token, secret: fixture<Token>("token.created").secret };
  },
  "DELETE user/tokens/:t": (c) => {
    c.data.tokens = c.data.tokens.filter((t) => t.id !== c.params.t);
  },
  "GET users": (c) => list(c.data.accounts.map((a) => a.user), c.query),
  "POST users": (c) => {
    mustBe(
      !c.data.accounts.some((a) => a.user.username === c.body.username),
      "username",
      "This name is taken.",
    );
    const { password, ...rest } = c.body;
    const user = {
      ...fixture<User>("user"),
      ...rest,
      id: newId("u"),
      grants: [],
      lastSeenAt: null,
    };
    c.data.accounts.push({ user, password });
    return user;
  },
  "GET users/:u": (c) => find(c.data.accounts.map((a) => a.user), c.params.u),
  "PATCH users/:u": (c) =>
    Object.assign(find(c.data.accounts.map((a) => a.user), c.params.u), c.body),
  "DELETE users/:u": (c) => {
    c.data.accounts = c.data.accounts.filter((a) => a.user.id !== c.params.u);
  },
  "POST users/:u/password": () => {},
  "GET invitations": (c) => list(c.data.invitations.map(({ secret: _, ...i }) => i)),
  "POST invitations": (c) => {
    const secret = crypto.randomUUID();
    const made = {
      id: newId("v"),
      username: c.body.username ?? null,
      grants: c.body.grants,
      expiresAt: new Date(Date.now() + c.body.expiresInHours * 3600_000).toISOString(),
    };
    c.data.invitations.push({ ...made, secret });
    return { ...made, link: `${new URL(c.request.url).origin}/invitations/${secret}` };
  },
  "DELETE invitations/:v": (c) => {
    c.data.invitations = c.data.invitations.filter((i) => i.id !== c.params.v);
  },
  "POST grants": (c) => {
    const user = find(c.data.accounts.map((a) => a.user), c.body.userId);
    const { userId: _, ...grant } = c.body;
    const scope = [...c.data.teams, ...c.data.applications].find((x) => x.id === grant.scopeId);
    user.grants.push({ ...grant, id: newId("g"), scopeName: scope?.name ?? c.data.site.name });
    return user.grants[user.grants.length - 1];
  },
  "DELETE grants/:g": (c) => {
    for (const { user } of c.data.accounts) {
      user.grants = user.grants.filter((g) => g.id !== c.params.g);
    }
  },
  "GET site": (c) => c.data.site,
  "PATCH site": (c) => Object.assign(c.data.site, c.body),
  "GET teams": (c) => list(c.data.teams),
  "POST teams": (c) => {
    const made = fixture<Team>("team");
    c.data.teams.push({
      ...made,
      ...c.body,
      id: newId("t"),
      counts: { applications: 0, instances: 0, devices: 0 },
    });
    return made;
  },
  "PATCH teams/:t": (c) => Object.assign(find(c.data.teams, c.params.t), c.body),
  "DELETE teams/:t": (c) => {
    c.data.teams.splice(c.data.teams.indexOf(find(c.data.teams, c.params.t)), 1);
  },
  "GET teams/:t/applications": (c) => list(c.data.applications),
  "POST teams/:t/applications": (c) => {
    const made = { ...c.body, id: newId("a"), teamId: c.params.t, createdAt: now() };
    made.counts = { instances: 0 };
    c.data.applications.push(made);
    return made;
  },
  "GET applications/:a": (c) => find(c.data.applications, c.params.a),
  "PATCH applications/:a": (c) => Object.assign(find(c.data.applications, c.params.a), c.body),
  "DELETE applications/:a": (c) => {
    c.data.applications = c.data.applications.filter((a) => a.id !== c.params.a);
  },
  "GET applications/:a/snapshots": (c) =>
    list(c.data.snapshots.filter((s) => s.applicationId === c.params.a), c.query),
  "POST applications/:a/snapshots": (c) => {
    if (!c.query.get("name")) throw new Refusal(422, "Give it a name.", { name: "is missing" });
    if (c.body === "sealed" && !c.request.headers.get("x-lineside-passphrase")) {
      throw new Refusal(
        422,
        "The credentials in this file are encrypted. Give the passphrase.",
        { passphrase: "is needed" },
        undefined,
        "/problems/passphrase-needed",
      );
    }
    const made: Snapshot = {
      ...fixture<Snapshot>("snapshot"),
      id: newId("n"),
      applicationId: c.params.a,
      instanceId: null,
      name: c.query.get("name")!,
      createdAt: now(),
    };
    c.data.snapshots.unshift(made);
    return made;
  },
  "GET instances": (c) => {
    const application = c.query.get("application");
    return list(
      c.data.instances.filter((i) => !application || i.applicationId === application)
        .map((i) => seen(c, i)),
      c.query,
    );
  },
  "POST applications/:a/instances": (c) => {
    mustBe(
      !c.data.instances.some((i) => i.name === c.body.name),
      "name",
      "There is already an instance of this name.",
    );
    const slug = c.body.name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
    const made: Instance = {
      ...fixture<Instance>("instance"),
      id: newId("i"),
      applicationId: c.params.a,
      name: c.body.name,
      slug,
      state: c.body.start === false ? "stopped" : "starting",
      practice: !c.body.stack,
      stack: c.body.stack ? fixture<Instance>("instance").stack : null,
      url: `${c.neighbour}/${slug}/`,
      editorUrl: `${c.neighbour}/-/${slug}/`,
      resources: null,
      lastDeployAt: null,
      createdAt: now(),
    };
    c.data.instances.push(made);
    c.data.environment.set(made.id, []);
    c.data.logs.set(made.id, []);
    if (made.state === "starting") setTimeout(() => act(c, made, "start"), 300);
    return made;
  },
  "GET instances/:i": (c) => seen(c, instance(c)),
  "PATCH instances/:i": (c) => {
    const i = instance(c);
    const { stack, pageBasic: _, ...rest } = c.body;
    if ("memoryLimitMB" in rest) {
      mustBe(rest.memoryLimitMB >= 64, "memoryLimitMB", "At least 64 MB.");
    }
    Object.assign(i, rest);
    if (stack) {
      const s = find(c.data.stacks, stack);
      i.stack = { id: s.id, name: s.name, version: s.version };
    }
    c.live.changed(i);
    return i;
  },
  "DELETE instances/:i": (c) => {
    const i = instance(c);
    mustBe(c.body?.name === i.name, "name", "This is not its name.");
    c.data.instances = c.data.instances.filter((x) => x !== i);
    c.live.say("instances", { id: i.id, kind: "deleted" });
  },
  "POST instances/:i/actions": (c) =>
    new Response(JSON.stringify(act(c, instance(c), c.body.action)), { status: 202 }),
  "GET instances/:i/environment": (c) => ({ variables: c.data.environment.get(c.params.i) }),
  "PUT instances/:i/environment": (c) => {
    const variables = c.body.variables.map((v: { secret: boolean; value: string | null }) =>
      v.secret ? { ...v, value: null } : v
    );
    c.data.environment.set(c.params.i, variables);
    return { variables };
  },
  "GET instances/:i/logs": (c) => {
    const all = c.data.logs.get(c.params.i) ?? [];
    const limit = Number(c.query.get("limit") ?? 200);
    const before = c.query.get("before"), after = c.query.get("after");
    const part = after !== null
      ? all.filter((l) => l.seq > Number(after)).slice(0, limit)
      : all.filter((l) => before === null || l.seq < Number(before)).slice(-limit);
    return {
      items: part,
      count: part.length,
      next: null,
      first: all[0]?.seq ?? 0,
      last: all[all.length - 1]?.seq ?? 0,
      hasMore: after === null && part[0]?.seq > 1,
    };
  },
  "GET instances/:i/logs/download": (c) =>
    new Response((c.data.logs.get(c.params.i) ?? []).map((l) => `${l.at} ${l.text}\n`).join("")),
  "GET instances/:i/resources": (c) => {
    const from = Date.parse(c.query.get("from") ?? now());
    const points = Number(c.query.get("points") ?? 360);
    const step = (Date.now() - from) / points;
    const off = !instance(c).resources;
    return list(
      off ? [] : Array.from({ length: points }, (_, k) => sample(from + k * step)),
      new URLSearchParams({ limit: "2000" }),
    );
  },
  "GET instances/:i/versions": (c) =>
    list(c.data.versions.filter((v) => v.instanceId === c.params.i), c.query),
  "GET instances/:i/versions/:v": (c) => find(c.data.versions, c.params.v),
  "PATCH instances/:i/versions/:v": (c) =>
    Object.assign(find(c.data.versions, c.params.v), { pinned: c.body.pinned }),
  "GET instances/:i/versions/:v/files": () =>
    list([fixture("version-file"), {
      ...fixture<object>("version-file"),
      path: "dump.bin",
      size: 300_000_000,
      kept: false,
      reason: "it is larger than 200 MB",
    }]),
  "GET instances/:i/versions/:v/files/content": () => new Response("time;value\n"),
  "GET instances/:i/versions/:v/download": () => new Response("[]"),
  "GET instances/:i/versions/:v/flows": (c) => flowsOfVersion(c.data, c.params.v),
  "GET instances/:i/flows": (c) => ({
    flows: flowsOfInstance(c.data, instance(c)),
    revision: instance(c).flowsRevision,
  }),
  "POST instances/:i/snapshots": (c) => {
    const made: Snapshot = {
      ...fixture<Snapshot>("snapshot"),
      id: newId("n"),
      applicationId: instance(c).applicationId,
      instanceId: c.params.i,
      versionId: c.body.version,
      name: c.body.name,
      note: c.body.note,
      createdAt: now(),
    };
    c.data.snapshots.unshift(made);
    const version = c.data.versions.find((v) => v.id === c.body.version);
    if (version) version.snapshot = { id: made.id, name: made.name };
    return made;
  },
  "PUT instances/:i/flows": (c) => {
    const last = c.data.versions[0];
    c.data.versions.unshift({
      ...last,
      id: newId("e"),
      number: last.number + 1,
      at: now(),
      source: "api",
      summary: `${c.body.flows.length} nodes replaced`,
      snapshot: null,
    });
    c.live.say(`instance/${c.params.i}/versions`, c.data.versions[0]);
    return { rev: "x" };
  },
  "POST instances/:i/restore": (c) => {
    const missing = fixture<{ missingModules: unknown[] }>("restore-result.trial").missingModules;
    const elsewhere = c.data.versions.every((v) => v.instanceId !== c.params.i);
    const result = { version: null, missingModules: elsewhere ? missing : [], restarted: false };
    if (c.body.dryRun) return result;
    const last = c.data.versions[0];
    c.data.versions.unshift({
      ...last,
      id: newId("e"),
      instanceId: c.params.i,
      number: last.number + 1,
      at: now(),
      source: "restore",
      summary: "Restored",
      snapshot: null,
    });
    return { ...result, version: c.data.versions[0] };
  },
  "POST instances/:i/editor": (c) => {
    if (instance(c).state !== "running") throw new Refusal(409, "Start the instance first.");
    return {
      ...fixture<Handover>("handover"),
      url: `${c.neighbour}/-/session`,
      code: "one-time-code",
    };
  },
  "POST instances/:i/pages": (c) => ({
    ...fixture<Handover>("handover"),
    url: `${c.neighbour}/session`,
    code: `page:${c.body.path}`,
  }),
  "GET instances/:i/page-tokens": (c) => list(c.data.pageTokens.get(c.params.i) ?? []),
  "POST instances/:i/page-tokens": (c) => {
    const made = { id: newId("p"), name: c.body.name, createdAt: now() };
    c.data.pageTokens.set(c.params.i, [...c.data.pageTokens.get(c.params.i) ?? [], made]);
    return { ...made, secret: "lsp_page" };
  },
  "DELETE instances/:i/page-tokens/:p": (c) => {
    const rest = (c.data.pageTokens.get(c.params.i) ?? []).filter((p) => p.id !== c.params.p);
    c.data.pageTokens.set(c.params.i, rest);
  },
  "GET snapshots/:n": (c) => find(c.data.snapshots, c.params.n),
  "PATCH snapshots/:n": (c) => Object.assign(find(c.data.snapshots, c.params.n), c.body),
  "DELETE snapshots/:n": (c) => {
    if (find(c.data.snapshots, c.params.n).pinned) {
      throw new Refusal(409, "This snapshot is pinned. Unpin it first.");
    }
    c.data.snapshots = c.data.snapshots.filter((s) => s.id !== c.params.n);
  },
  "GET snapshots/:n/download": () => new Response("{}"),
  "GET snapshots/:n/flows": (c) =>
    flowsOfVersion(c.data, find(c.data.snapshots, c.params.n).versionId),
  "POST comparisons": (c) => compare(side(c, "from"), side(c, "to"), c.body.match ?? "auto"),
  "GET site/retention": (c) => c.data.retention,
  "PATCH site/retention": (c) => {
    mustBe((c.body.keepVersions ?? 1) >= 1, "keepVersions", "Keep at least 1.");
    return Object.assign(c.data.retention, c.body);
  },
  "GET site/enrolment": (c) => c.data.enrolment,
  "PATCH site/enrolment": (c) => Object.assign(c.data.enrolment, c.body),
  "POST site/clock/confirm": () => undefined,
  "GET site/vault": (c) => c.data.vault,
  "GET stacks": (c) => list(c.data.stacks, c.query),
  "POST stacks": (c) => {
    const made = { ...c.data.stacks[0] ?? fixture("stack"), id: newId("k"), version: "4.1.3" };
    made.instances = 0;
    c.data.stacks.push(made);
    return made;
  },
  "DELETE stacks/:k": (c) => {
    c.data.stacks = c.data.stacks.filter((s) => s.id !== c.params.k);
  },
  "GET recipes": (c) => list(c.data.recipes),
  "GET recipes/:r/flows": (c) => flowsOfInstance(c.data, c.data.instances[0]),
  "GET recipes/:r": (c) => {
    const found = c.data.recipes.find((r) => r.name === c.params.r);
    if (!found) throw new Refusal(404, "There is nothing of this id.");
    return found;
  },
  "GET instances/:i/files": (c) => c.data.areas.list(c.query.get("path") ?? ""),
  "GET instances/:i/files/content": () => new Response("time;value\n"),
  "PUT instances/:i/files/content": (c) => {
    const path = c.query.get("path")!;
    if (c.request.headers.get("if-none-match") && c.data.areas.files.has(path)) {
      throw new Refusal(412, "There is a file of this name already.");
    }
    c.data.areas.files.set(path, 12);
  },
  "DELETE instances/:i/files/content": (c) => c.data.areas.remove(c.query.get("path")!),
  "POST instances/:i/files/folders": (c) => {
    mustBe(!c.body.path.includes(".."), "path", "must stay in the area");
    c.data.areas.files.set(`${c.body.path}/`, 0);
  },
  "POST instances/:i/files/move": (c) => c.data.areas.move(c.body.from, c.body.to),
  "GET instances/:i/tests": (c) => list(c.data.areas.tests),
  "POST instances/:i/tests": (c) => {
    mustBe(!c.body.steps.some((s: { to?: string }) => s.to === ""), "steps[0].to", "is no node");
    return c.data.areas.save(null, c.body);
  },
  "PUT instances/:i/tests/:t": (c) => c.data.areas.save(c.params.t, c.body),
  "DELETE instances/:i/tests/:t": (c) => {
    c.data.areas.tests = c.data.areas.tests.filter((x) => x.id !== c.params.t);
  },
  "GET instances/:i/test-runs": (c) => list(c.data.areas.runs),
  "GET instances/:i/test-runs/:r": (c) => find(c.data.areas.runs, c.params.r),
  "DELETE instances/:i/test-runs/:r": (c) => c.data.areas.stop(c.params.r),
  "POST instances/:i/test-runs": (c) => c.data.areas.start(),
  "GET audit": (c) => {
    const has = (key: string, text: string) =>
      text.toLowerCase().includes((c.query.get(key) ?? "").toLowerCase());
    return list(
      c.data.audit.filter((e) =>
        has("query", e.text) && has("actor", e.actor.name) && has("kind", e.kind)
      ),
      c.query,
    );
  },
  "GET audit/export": () => new Response("id,at\n"),
  "GET alarms": (c) =>
    list(c.data.alarms.filter((a) => c.query.get("open") !== "true" || a.clearedAt === null)),
  "POST alarms/:l/acknowledge": (c) => {
    const alarm = find(c.data.alarms, c.params.l);
    Object.assign(alarm, { acknowledgedBy: c.me!.user.username, acknowledgedAt: now() });
    c.live.say("alarms", alarm);
    return alarm;
  },
  "GET overview": (c) => {
    const instances: Record<string, number> = {};
    for (const i of c.data.instances) instances[i.state] = (instances[i.state] ?? 0) + 1;
    const notices = c.data.stacks.length ? [] : undefined;
    return {
      ...fixture<object>("overview"),
      site: c.data.site.name,
      instances,
      ...(notices ? { notices } : {}),
    };
  },
  ...DEVICES,
  "GET search": (c) => {
    const q = (c.query.get("q") ?? "").toLowerCase();
    const all = [
      ...c.data.instances.map((i) => ({ type: "instance", id: i.id, name: i.name })),
      ...c.data.applications.map((a) => ({ type: "application", id: a.id, name: a.name })),
      ...c.data.snapshots.map((s) => ({ type: "snapshot", id: s.id, name: s.name })),
      ...c.data.fleet.devices.map((d) => ({ type: "device", id: d.id, name: d.name })),
      ...c.data.accounts.map((a) => ({ type: "user", id: a.user.id, name: a.user.username })),
    ];
    return {
      items: all.filter((x) => x.name.toLowerCase().includes(q)).map((x) => ({ ...x, path: "/" })),
    };
  },
};

/** A viewer's instance permits less; the rest of the role table is the server's business. */
function seen(c: Call, i: Instance): Instance {
  const own = ["files.read", "files.edit", "tests.read", "tests.edit"];
  if (c.me!.user.administrator) return { ...i, permissions: [...i.permissions, ...own] };
  return {
    ...i,
    permissions: [
      "instance.read",
      "flows.read",
      "pages.open",
      "version.read",
      "files.read",
      "tests.read",
    ],
  };
}

/** What only tests call. */
const CONTROLS: Record<string, Handler> = {
  "POST mock/log": async (c) => {
    await c.live.heard(`instance/${c.body.instance}/log`);
    c.live.log(c.body.instance, c.body.count, c.body.missed ?? 0);
  },
  "POST mock/say": (c) => {
    c.live.say(c.body.topic, {});
  },
  "POST mock/still": (c) => {
    c.live.still = true;
  },
  "POST mock/long-run": (c) => {
    c.data.areas.lasts = true;
  },
  "POST mock/end-sessions": (c) => {
    c.data.sessions = [];
  },
  "POST mock/state": async (c) => {
    await c.live.heard(`instance/${c.body.instance}`);
    const i = find(c.data.instances, c.body.instance);
    Object.assign(i, c.body.change);
    c.live.changed(i);
  },
  "POST mock/empty": (c) => {
    Object.assign(c.data, {
      instances: [],
      stacks: [],
      alarms: [],
      snapshots: [],
      applications: [],
      audit: [],
      tokens: [],
    });
  },
};

/** As strict as the server: nobody reads more than 200 at once. */
function checkLimit(query: URLSearchParams): void {
  if (Number(query.get("limit") ?? 1) > 200) throw new Refusal(422, "limit must be 1 to 200");
}

export async function routes(
  data: Data,
  live: Live,
  request: Request,
  url: URL,
  neighbour: () => string,
): Promise<Response> {
  const path = url.pathname.replace(/^\/api\/v1\//, "").replace(/^\//, "");
  checkLimit(url.searchParams);
  const csrf = request.headers.get("x-lineside-csrf");
  const jar = request.headers.get("cookie") ?? "";
  const session = data.sessions.find((s) => s.id === csrf && jar.includes(`${COOKIE}=${s.id}`)) ??
    null;
  const body = request.method === "GET" || path === "stacks" || path.endsWith("/files/content")
    ? (await request.body?.cancel(), null)
    : /^applications\/\w+\/snapshots$/.test(path)
    ? (/sealed/.test(await request.text()) ? "sealed" : "open")
    : JSON.parse(await request.text() || "null");
  const me = session ? owners.get(session.id) ?? null : null;
  const base = {
    data,
    live,
    query: url.searchParams,
    body,
    me,
    session,
    neighbour: neighbour(),
    request,
  };
  for (const table of [CONTROLS, OPEN, CLOSED]) {
    for (const [route, handler] of Object.entries(table)) {
      const [method, pattern] = route.split(" ");
      const params = method === request.method ? matchPath(pattern, path) : null;
      if (!params) continue;
      if (request.method !== "GET" && table !== CONTROLS) {
        if (request.headers.get("origin") !== url.origin) throw new Refusal(403, "Other origin.");
      }
      if (table === CLOSED && !me) throw new Refusal(401, "You are not signed in.");
      const answer = await handler({ ...base, params });
      if (answer instanceof Response) return answer;
      if (answer === undefined) return new Response(null, { status: 204 });
      const made = request.method === "POST" && path !== "comparisons";
      return Response.json(answer, { status: made ? 201 : 200 });
    }
  }
  throw new Refusal(404, `No such route: ${request.method} ${path}`);
}
