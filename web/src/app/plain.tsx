import type { ReactNode } from "react";
import { useEffect } from "react";
import type { Language } from "../i18n/text.ts";
import { t } from "../i18n/text.ts";
import { InlineSelect } from "../ui/fields.tsx";
import { Icon } from "../ui/icon.tsx";
import { useStore } from "../ui/use-store.ts";
import { prefer, preferences } from "./preferences.ts";

export const LANGUAGES = [{ value: "en", label: "English" }, { value: "de", label: "Deutsch" }];

/** The frame of the pages before sign-in: one card, the language above it. */
export function Plain(
  p: { title: string; note?: ReactNode; children: ReactNode; wide?: boolean },
) {
  const language = useStore(preferences, (s) => s.language);
  useEffect(() => {
    document.title = p.title === "Lineside" ? p.title : `${p.title} – Lineside`;
  }, [p.title]);
  return (
    <div className="plain">
      <header>
        <span className="brand-name">
          <Icon name="boxes" />
          Lineside
        </span>
        <InlineSelect
          label={t("language")}
          value={language}
          onChange={(v) => prefer({ language: v as Language })}
          choices={LANGUAGES}
        />
      </header>
      <main className={p.wide ? "card is-wide" : "card"} id="main">
        <h1 tabIndex={-1}>{p.title}</h1>
        {p.note ? <div className="note muted">{p.note}</div> : null}
        {p.children}
      </main>
    </div>
  );
}
