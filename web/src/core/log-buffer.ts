export type Level = "debug" | "info" | "warn" | "error";

export interface LogLine {
  seq: number;
  at: string;
  level: string;
  source: { type: string; id: string; name: string } | null;
  text: string;
}

const RANK: Record<string, number> = {
  trace: 0,
  debug: 0,
  audit: 1,
  info: 1,
  warn: 2,
  error: 3,
  fatal: 3,
};

export function rank(level: string): number {
  return RANK[level] ?? 1;
}

/** The four words that the page knows, whatever a runtime calls its levels. */
export function levelOf(level: string): Level {
  return (["debug", "info", "warn", "error"] as const)[rank(level)];
}

/**
 * The newest lines of one log, ordered by number, each once, bounded.
 * Live batches and pages of history may overlap and come in any order.
 */
export class LogBuffer {
  private kept: LogLine[] = [];
  /** Lines that the server could not deliver or that fell out of `limit` unseen. */
  missed = 0;

  constructor(readonly limit = 5000) {}

  get lines(): readonly LogLine[] {
    return this.kept;
  }

  get first(): number | null {
    return this.kept.length ? this.kept[0].seq : null;
  }

  get last(): number | null {
    return this.kept.length ? this.kept[this.kept.length - 1].seq : null;
  }

  /** Newer lines; true if anything changed. */
  append(batch: readonly LogLine[]): boolean {
    const last = this.last ?? -Infinity;
    const sorted = [...batch].sort((a, b) => a.seq - b.seq);
    const fresh: LogLine[] = [];
    for (const line of sorted) {
      if (line.seq > last && line.seq !== fresh[fresh.length - 1]?.seq) fresh.push(line);
    }
    if (!fresh.length) return false;
    const all = this.kept.concat(fresh);
    this.kept = all.length > this.limit ? all.slice(all.length - this.limit) : all;
    return true;
  }

  /** Older lines, put before; keeps at most `limit` by refusing what no longer fits. */
  prepend(batch: readonly LogLine[]): number {
    const first = this.first ?? Infinity;
    const older = [...batch].filter((l) => l.seq < first).sort((a, b) => a.seq - b.seq);
    const room = Math.max(0, this.limit - this.kept.length);
    const taken = older.slice(Math.max(0, older.length - room));
    this.kept = taken.concat(this.kept);
    return taken.length;
  }

  clear(): void {
    this.kept = [];
    this.missed = 0;
  }
}

export function filterLines(
  lines: readonly LogLine[],
  level: Level,
  text: string,
): readonly LogLine[] {
  const min = rank(level);
  const q = text.toLowerCase();
  if (min === 0 && q === "") return lines;
  return lines.filter((l) =>
    rank(l.level) >= min &&
    (q === "" || l.text.toLowerCase().includes(q) ||
      (l.source !== null && `${l.source.type} ${l.source.name}`.toLowerCase().includes(q)))
  );
}
