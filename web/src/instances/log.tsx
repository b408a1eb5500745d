import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { api, type ApiError, download, query } from "../api/client.ts";
import type { Instance, LogPage, LogRecord } from "../api/types.ts";
import { asError, useTopic } from "../api/use.ts";
import { connection } from "../api/live.ts";
import { Batch } from "../core/batch.ts";
import { filterLines, type Level, levelOf, LogBuffer } from "../core/log-buffer.ts";
import { windowOf } from "../core/virtual.ts";
import { logTime, utc } from "../i18n/format.ts";
import { t, tn } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";
import { InlineSelect } from "../ui/fields.tsx";
import { Search } from "../ui/list.tsx";
import { useQuery } from "../ui/navigation.ts";
import { ProblemNote } from "../ui/problem.tsx";
import { toast } from "../ui/toast.tsx";
import { useStore } from "../ui/use-store.ts";

const ROW = 22;
/** The most that the server gives at once, and how many of such pages close a gap. */
const PAGE = 200;
const GAP_PAGES = 25;

interface LogBatch {
  records: LogRecord[];
  missed?: number;
}

export function LogTab({ instance }: { instance: Instance }) {
  return (
    <LogPanel
      base={`instances/${instance.id}/logs`}
      topic={`instance/${instance.id}/log`}
      name={instance.slug}
    />
  );
}

/** The live log: pages of history above, batches below, painted once a frame at most. */
export function LogPanel({ base, topic, name }: { base: string; topic: string; name: string }) {
  const buffer = useRef<LogBuffer>();
  buffer.current ??= new LogBuffer(20_000);
  const log = buffer.current;
  const [revision, setRevision] = useState(0);
  const [error, setError] = useState<ApiError | null>(null);
  const [oldest, setOldest] = useState(false);
  const [follow, setFollow] = useState(true);
  const [seen, setSeen] = useState(0);
  const [level, setLevel] = useQuery("level", "debug");
  const [text, setText] = useQuery("find");
  const [picked, setPicked] = useState<LogRecord | null>(null);
  const epoch = useStore(connection, (c) => c.epoch);

  // What was missed while the connection was away comes by number, not by luck.
  useEffect(() => {
    const stop = new AbortController();
    const options = { signal: stop.signal };
    const fill = async () => {
      let after = log.last;
      const first = after === null;
      for (let n = 0; n < GAP_PAGES; n++) {
        const path = query(base, { limit: PAGE, after });
        const page = await api.get<LogPage>(path, options);
        log.append(page.items);
        if (first) setOldest(!page.hasMore);
        setRevision((r) => r + 1);
        if (first || !page.hasMore || !page.items.length) return;
        after = page.items[page.items.length - 1].seq;
      }
      // The gap is too wide to be closed: its newest lines come live.
      log.missed += Math.max(0, (log.last ?? 0) - (after ?? 0));
    };
    fill().then(() => setError(null), (e) => {
      if (!stop.signal.aborted) setError(asError(e));
    });
    return () => stop.abort();
  }, [base, epoch, log]);

  const batch = useMemo(() =>
    new Batch<LogBatch>((parts) => {
      for (const part of parts) log.missed += part.missed ?? 0;
      log.append(parts.flatMap((part) => part.records));
      setRevision((r) => r + 1);
    }), [log]);
  useEffect(() => () => batch.stop(), [batch]);
  useTopic(topic, (m) => {
    if (m.missed) batch.add({ records: [], missed: m.missed });
    if (m.data) batch.add(m.data as LogBatch);
  });

  const lines = useMemo(
    () => filterLines(log.lines, level as Level, text),
    // `revision` stands for the content of the buffer.
    [log, revision, level, text],
  );
  const last = log.last ?? 0;

  const older = async () => {
    try {
      const page = await api.get<LogPage>(
        query(base, { limit: PAGE, before: log.first ?? undefined }),
      );
      const added = log.prepend(page.items);
      setOldest(!page.hasMore || added === 0);
      setRevision((r) => r + 1);
    } catch (e) {
      setError(asError(e));
    }
  };

  const fresh = useMemo(
    () => follow ? 0 : log.lines.reduce((n, l) => n + (l.seq > seen ? 1 : 0), 0),
    [follow, seen, revision, log],
  );
  return (
    <section className="panel log" aria-label={t("log.title")}>
      <header>
        <h2>{t("log.title")}</h2>
        <span className="muted small hide-s">
          {tn("log.lines", log.lines.length)}, UTC
          {log.missed ? ` · ${tn("log.missed", log.missed)}` : ""}
        </span>
        <span className="grow" />
        {oldest
          ? null
          : <Button icon="clock-history" kind="quiet" onClick={older}>{t("log.older")}</Button>}
        <Search label={t("log.find")} value={text} onChange={setText} />
        <InlineSelect
          label={t("log.level")}
          value={level}
          onChange={setLevel}
          choices={[
            { value: "debug", label: t("log.level.debug") },
            { value: "info", label: t("log.level.info") },
            { value: "warn", label: t("log.level.warn") },
            { value: "error", label: t("log.level.error") },
          ]}
        />
        <Button
          icon={follow ? "pause-fill" : "play-fill"}
          onClick={() => {
            setSeen(last);
            setFollow(!follow);
          }}
        >
          {follow ? t("log.pause") : t("log.follow")}
        </Button>
        <Button
          icon="download"
          onClick={() => {
            download(`${base}/download`, `${name}.log`).catch((e) => setError(asError(e)));
          }}
        >
          {t("download")}
        </Button>
      </header>
      {error ? <ProblemNote error={error} /> : null}
      <Lines
        lines={lines}
        follow={follow}
        onLeaveEnd={() => {
          setSeen(last);
          setFollow(false);
        }}
        onReachEnd={() => setFollow(true)}
        picked={picked}
        onPick={setPicked}
      />
      {picked ? <Picked line={picked} onClose={() => setPicked(null)} /> : null}
      {!follow && fresh > 0
        ? (
          <button type="button" className="btn primary more" onClick={() => setFollow(true)}>
            {tn("log.fresh", fresh)}
          </button>
        )
        : null}
    </section>
  );
}

function Lines(
  p: {
    lines: readonly LogRecord[];
    follow: boolean;
    onLeaveEnd: () => void;
    onReachEnd: () => void;
    picked: LogRecord | null;
    onPick: (line: LogRecord) => void;
  },
) {
  const ref = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 400 });
  const held = useRef<number | null>(null);
  const latest = useRef(p);
  latest.current = p;

  useLayoutEffect(() => {
    const e = ref.current;
    if (!e) return;
    if (p.follow) {
      e.scrollTop = e.scrollHeight;
      held.current = null;
      return;
    }
    // Lines put before or dropped above must not move what somebody reads.
    const at = held.current === null ? -1 : p.lines.findIndex((l) => l.seq >= held.current!);
    if (at >= 0) {
      const wanted = at * ROW + (e.scrollTop % ROW);
      if (Math.abs(wanted - e.scrollTop) >= ROW) e.scrollTop = wanted;
    }
  }, [p.lines, p.follow]);

  useLayoutEffect(() => {
    const e = ref.current;
    if (!e) return;
    const read = () => {
      setView({ top: e.scrollTop, height: e.clientHeight });
      held.current = latest.current.lines[Math.floor(e.scrollTop / ROW)]?.seq ?? null;
    };
    let before = e.scrollTop;
    const onScroll = () => {
      const up = e.scrollTop < before;
      before = e.scrollTop;
      read();
      const end = e.scrollHeight - e.scrollTop - e.clientHeight < ROW * 2;
      if (latest.current.follow && up && !end) latest.current.onLeaveEnd();
      else if (!latest.current.follow && !up && end && e.scrollHeight > e.clientHeight) {
        latest.current.onReachEnd();
      }
    };
    const watch = new ResizeObserver(() => {
      if (latest.current.follow) e.scrollTop = e.scrollHeight;
      read();
    });
    watch.observe(e);
    e.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      watch.disconnect();
      e.removeEventListener("scroll", onScroll);
    };
  }, []);

  const win = windowOf(view.top, view.height, ROW, p.lines.length, 12);
  return (
    <div
      className="log-scroll"
      ref={ref}
      role="log"
      aria-live="off"
      aria-label={t("log.linesLabel")}
      tabIndex={0}
    >
      {p.lines.length === 0 ? <p className="muted log-none">{t("log.none")}</p> : null}
      <div className="log-space" style={{ height: win.height }}>
        {p.lines.slice(win.start, win.end).map((l, k) => (
          <div
            key={l.seq}
            className={`log-line log-${levelOf(l.level)}${
              p.picked?.seq === l.seq ? " is-picked" : ""
            }`}
            style={{ top: (win.start + k) * ROW }}
            onClick={() => p.onPick(l)}
          >
            <span className="t" title={utc(l.at)}>{logTime(l.at)}</span>
            <span className="lv">{l.level.toUpperCase()}</span>
            <span className="src">{l.source ? `${l.source.type}:${l.source.name}` : ""}</span>
            <span className="tx">{l.text}</span>
          </div>
        ))}
      </div>
    </div>
  );
}

/** One line in full: long texts and stacks, to be copied. */
function Picked({ line, onClose }: { line: LogRecord; onClose: () => void }) {
  const whole = `${line.at} ${line.level.toUpperCase()} ${
    line.source ? `${line.source.type}:${line.source.name} ` : ""
  }${line.text}`;
  return (
    <div className="log-picked">
      <pre tabIndex={0}>{whole}</pre>
      <div className="row">
        <Button
          icon="clipboard"
          onClick={() => {
            navigator.clipboard?.writeText(whole).then(() => toast(t("copied")), () => {});
          }}
        >
          {t("log.copyLine")}
        </Button>
        <Button kind="quiet" onClick={onClose}>{t("close")}</Button>
      </div>
    </div>
  );
}
