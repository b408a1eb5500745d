import { useEffect, useRef, useState } from "react";
import { somewhere } from "../api/permissions.ts";
import { soon } from "../api/live.ts";
import { connection } from "../api/live.ts";
import { clock, clockSeconds, timeZone } from "../i18n/format.ts";
import { t, word } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { Link } from "../ui/link.tsx";
import { Menu } from "../ui/menu.tsx";
import { navigate, useLocation } from "../ui/navigation.ts";
import { useStore } from "../ui/use-store.ts";
import { AlarmSummary } from "./alarms.tsx";
import { crumbs } from "./crumbs.ts";
import { prefer, preferences } from "./preferences.ts";
import { CurrentPage } from "./pages.tsx";
import { SearchBox } from "./search.tsx";
import { roleOf, session, signOut } from "./session.ts";

interface Entry {
  path: string;
  icon: string;
  label: string;
}

export function Shell() {
  const at = useLocation();
  const [open, setOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    setOpen(false);
    if (first.current) {
      first.current = false;
      return;
    }
    // A new page: its title gets the focus, as a page load would have done.
    main.current?.scrollTo({ top: 0 });
    main.current?.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  }, [at.path.split("/").slice(0, 3).join("/")]);
  return (
    <div className="shell">
      <a
        className="skip"
        href="#main"
        onClick={(e) => {
          e.preventDefault();
          document.querySelector<HTMLElement>("main h1")?.focus();
        }}
      >
        {t("skip")}
      </a>
      <nav className="brand" aria-label={t("nav.home")}>
        <Link href="/">
          <Icon name="boxes" />
          Lineside
        </Link>
      </nav>
      <Bar open={open} setOpen={setOpen} />
      {open ? <div className="scrim" onClick={() => setOpen(false)} /> : null}
      <Navigation open={open} close={() => setOpen(false)} />
      <div className="below">
        <ConnectionBanner />
        <main className="main" id="main" ref={main}>
          <CurrentPage />
        </main>
      </div>
    </div>
  );
}

function Bar({ open, setOpen }: { open: boolean; setOpen: (open: boolean) => void }) {
  const at = useLocation();
  const user = useStore(session, (s) => s.user);
  const site = useStore(session, (s) => s.site?.name ?? s.health?.site ?? "Lineside");
  const theme = useStore(preferences, (s) => s.theme);
  const names = useStore(crumbs, (s) => s.names);
  const trail = trailOf(at.path, names);
  return (
    <header className="bar">
      <span className="menu-btn">
        <Button
          icon="list"
          label={t("menu")}
          expanded={open}
          controls="nav"
          onClick={() => setOpen(!open)}
        />
      </span>
      <nav aria-label={t("breadcrumb")} className="hide-s crumbs-nav">
        <ol className="crumbs">
          <li>
            {trail.length ? <Link href="/">{site}</Link> : <span aria-current="page">{site}</span>}
          </li>
          {trail.map((c, i) => (
            <li key={c.href}>
              {i === trail.length - 1
                ? <span aria-current="page">{c.title}</span>
                : <Link href={c.href}>{c.title}</Link>}
            </li>
          ))}
        </ol>
      </nav>
      <span className="grow" />
      <AlarmSummary />
      <SearchBox />
      <Menu
        label={t("theme")}
        icon="circle-half"
        items={(["system", "light", "dark"] as const).map((v) => ({
          label: word("theme", v) + (v === theme ? " ✓" : ""),
          onPick: () => prefer({ theme: v }),
        }))}
      />
      {user
        ? (
          <Menu
            label={t("account.menu", { name: user.username })}
            icon="person"
            text={user.username}
            items={[
              {
                label: t("account.title"),
                icon: "person",
                onPick: () => navigate("/account"),
              },
              {
                label: t("signOut"),
                icon: "box-arrow-right",
                onPick: () => {
                  signOut().catch(() => {});
                },
              },
            ]}
          />
        )
        : null}
    </header>
  );
}

function Navigation({ open, close }: { open: boolean; close: () => void }) {
  const at = useLocation();
  const user = useStore(session, (s) => s.user);
  const version = useStore(session, (s) => s.health?.version ?? "");
  if (!user) return null;
  const groups: { title: string; items: Entry[] }[] = [
    {
      title: t("nav.operate"),
      items: [
        { path: "/", icon: "grid-1x2", label: t("overview.title") },
        { path: "/instances", icon: "collection", label: t("instances.title") },
        { path: "/devices", icon: "cpu", label: t("devices.title") },
        { path: "/groups", icon: "diagram-3", label: t("groups.title") },
        { path: "/deployments", icon: "send", label: t("rollout.title") },
        { path: "/applications", icon: "folder", label: t("applications.title") },
        { path: "/compare", icon: "intersect", label: t("compare.title") },
        { path: "/recipes", icon: "book", label: t("recipes.title") },
      ],
    },
    {
      title: t("nav.observe"),
      items: [
        { path: "/alarms", icon: "bell", label: t("alarms.title") },
        ...(somewhere(user, "owner")
          ? [{ path: "/audit", icon: "journal-text", label: t("audit.title") }]
          : []),
      ],
    },
    {
      title: t("nav.administer"),
      items: [
        ...(user.administrator
          ? [{ path: "/users", icon: "people", label: t("users.title") }]
          : []),
        ...(somewhere(user, "member")
          ? [{ path: "/broker", icon: "hdd-network", label: t("broker.title") }]
          : []),
        { path: "/stacks", icon: "layers", label: t("stacks.title") },
        ...(user.administrator
          ? [{ path: "/settings", icon: "gear", label: t("settings.title") }]
          : []),
      ],
    },
  ];
  const current = (path: string) =>
    path === "/" ? at.path === "/" : at.path === path || at.path.startsWith(path + "/") ||
      (path === "/applications" && at.path.startsWith("/snapshots/"));
  return (
    <nav
      id="nav"
      className={open ? "nav is-open" : "nav"}
      aria-label={t("nav.main")}
      onKeyDown={(e) => {
        if (e.key === "Escape" && open) close();
      }}
    >
      {groups.map((g) => (
        <div key={g.title}>
          <h2>{g.title}</h2>
          <ul>
            {g.items.map((i) => (
              <li key={i.path}>
                <Link href={i.path} aria-current={current(i.path) ? "page" : undefined}>
                  <Icon name={i.icon} />
                  {i.label}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
      <div className="foot">
        <span>{t("nav.role", { role: word("role", roleOf(user)) })}</span>
        <Clock />
        <span>Lineside {version}</span>
      </div>
    </nav>
  );
}

function Clock() {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const id = setInterval(() => setNow(Date.now()), 10_000);
    return () => clearInterval(id);
  }, []);
  return <span title={timeZone()}>{clock(now)} {timeZone()}</span>;
}

/** Says within 5 s that what stands below may be old, and since when. */
function ConnectionBanner() {
  const { state, lostAt, newBuild } = useStore(connection, (c) => c);
  if (state === "lost" && lostAt !== null) {
    return (
      <div className="banner is-warning" role="alert">
        <Icon name="exclamation-triangle" />
        <span>{t("connection.lost", { time: clockSeconds(lostAt) })}</span>
        <Button onClick={soon}>{t("connection.retry")}</Button>
      </div>
    );
  }
  if (newBuild) {
    return (
      <div className="banner" role="status">
        <span>{t("connection.newVersion", { version: newBuild })}</span>
        <Button onClick={() => location.reload()}>{t("connection.reload")}</Button>
      </div>
    );
  }
  return null;
}

function trailOf(path: string, names: Record<string, string>): { title: string; href: string }[] {
  const parts = path.split("/").filter(Boolean);
  if (!parts.length) return [];
  const out: { title: string; href: string }[] = [];
  const head = `/${parts[0]}`;
  if (parts[0] === "snapshots") {
    out.push({ title: t("applications.title"), href: "/applications" });
  } else out.push({ title: word("page", parts[0]), href: head });
  if (parts[1] && parts[0] !== "open") {
    const href = `${head}/${parts[1]}`;
    const parent = names[`parent:${parts[1]}`];
    if (parent) {
      const [id, title] = [parent.slice(0, 20), parent.slice(21)];
      out.push({ title, href: `/applications/${id}` });
    }
    out.push({ title: names[parts[1]] ?? word("page", parts[1]), href });
  }
  return out;
}
