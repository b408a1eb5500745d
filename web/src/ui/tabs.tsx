import { useEffect, useRef } from "react";
import { Link } from "./link.tsx";

/** Tabs with addresses of their own: links, so that reload, Back and a new window work. */
export function Tabs(
  p: {
    label: string;
    current: string;
    tabs: readonly { key: string; title: string; href: string }[];
  },
) {
  const ref = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a narrow screen the current tab may lie outside of the strip.
    const current = ref.current?.querySelector("[aria-current]");
    current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [p.current]);
  return (
    <nav className="tabs" aria-label={p.label} ref={ref}>
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
