import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { api, query } from "../api/client.ts";
import type { SearchItem } from "../api/types.ts";
import { t, word } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Icon } from "../ui/icon.tsx";
import { navigate } from "../ui/navigation.ts";

/** Where a found object is shown. The server's `path` is used where it is one of this page. */
function pathOf(item: SearchItem): string {
  switch (item.type) {
    case "instance":
      return `/instances/${item.id}`;
    case "application":
      return `/applications/${item.id}`;
    case "snapshot":
      return `/snapshots/${item.id}`;
    case "device":
      return `/devices/${item.id}`;
    case "user":
      return `/users/${item.id}`;
    case "team":
      return "/applications";
    case "stack":
      return "/stacks";
    default:
      return item.path.startsWith("/") && !item.path.startsWith("//") ? item.path : "/";
  }
}

/** Ctrl+K or `/`: finds an object by a part of its name. */
export function SearchBox() {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const onKey = (e: globalThis.KeyboardEvent) => {
      const writing = e.target instanceof HTMLElement &&
        (e.target.matches("input, textarea, select") || e.target.isContentEditable);
      const wanted = ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "k") ||
        (e.key === "/" && !writing && !e.ctrlKey && !e.metaKey && !e.altKey);
      if (!wanted || document.querySelector("dialog[open]")) return;
      e.preventDefault();
      setOpen(true);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return (
    <>
      <Button
        kind="quiet"
        icon="search"
        label={t("search.open")}
        hasPopup="dialog"
        onClick={() => setOpen(true)}
      />
      {open ? <Finder onClose={() => setOpen(false)} /> : null}
    </>
  );
}

function Finder({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const [items, setItems] = useState<readonly SearchItem[] | null>(null);
  const [failed, setFailed] = useState(false);
  const [at, setAt] = useState(0);
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    const q = text.trim();
    if (!q) return setItems(null);
    const stop = new AbortController();
    const wait = setTimeout(() => {
      api.get<{ items: SearchItem[] }>(query("search", { q }), { signal: stop.signal }).then(
        (found) => {
          setItems(found.items);
          setFailed(false);
          setAt(0);
        },
        () => {
          if (!stop.signal.aborted) setFailed(true);
        },
      );
    }, 120);
    return () => {
      clearTimeout(wait);
      stop.abort();
    };
  }, [text]);
  const go = (item: SearchItem | undefined) => {
    if (!item) return;
    onClose();
    navigate(pathOf(item));
  };
  const onKey = (e: KeyboardEvent) => {
    const n = items?.length ?? 0;
    if (e.key === "ArrowDown" && n) setAt((at + 1) % n);
    else if (e.key === "ArrowUp" && n) setAt((at - 1 + n) % n);
    else if (e.key === "Enter") go(items?.[at]);
    else return;
    e.preventDefault();
  };
  return (
    <Dialog title={t("search.title")} onClose={onClose}>
      <label className="search is-big">
        <Icon name="search" />
        <span className="vh">{t("search.label")}</span>
        <input
          ref={field}
          role="combobox"
          aria-expanded={Boolean(items?.length)}
          aria-controls={id}
          aria-activedescendant={items?.length ? `${id}-${at}` : undefined}
          aria-autocomplete="list"
          autoComplete="off"
          spellCheck={false}
          placeholder={t("search.label")}
          value={text}
          onChange={(e) => setText(e.target.value)}
          onKeyDown={onKey}
        />
      </label>
      <ul className="found" role="listbox" id={id} aria-label={t("search.results")}>
        {(items ?? []).map((item, i) => (
          <li
            key={`${item.type}-${item.id}`}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === at}
            onClick={() => go(item)}
            onPointerMove={() => setAt(i)}
          >
            <span>{item.name}</span>
            <span className="muted small">{word("object", item.type)}</span>
          </li>
        ))}
      </ul>
      <p className="muted small" role="status">
        {failed
          ? t("search.failed")
          : items === null
          ? t("search.hint")
          : items.length === 0
          ? t("search.nothing")
          : ""}
      </p>
    </Dialog>
  );
}
