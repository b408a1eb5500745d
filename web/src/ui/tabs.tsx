import { Link } from "./link.tsx";

/** Tabs with addresses of their own: links, so that reload, Back and a new window work. */
export function Tabs(
  p: {
    label: string;
    current: string;
    tabs: readonly { key: string; title: string; href: string }[];
  },
) {
  return (
    <nav className="tabs" aria-label={p.label}>
      <ul>
        {p.tabs.map((tab) => (
          <li key={tab.key}>
            <Link href={tab.href} aria-current={tab.key === p.current ? "page" : undefined}>
              {tab.title}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
