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

  /** Lines from anywhere, mostly newer ones; true if anything changed. */
  append(batch: readonly LogLine[]): boolean {
    const last = this.last ?? -Infinity;
    let newer = true;
    let before = last;
    for (const line of batch) {
      newer &&= line.seq > before;
      before = line.seq;
    }
    if (newer) return this.keep(this.kept.concat(batch), batch.length > 0);
    // A gap is being filled, or a batch came twice: merge by number.
    const all = new Map(this.kept.map((l) => [l.seq, l]));
    const size = all.size;
    for (const line of batch) if (!all.has(line.seq)) all.set(line.seq, line);
    if (all.size === size) return false;
    return this.keep([...all.values()].sort((x, y) => x.seq - y.seq), true);
  }

  private keep(all: LogLine[], changed: boolean): boolean {
    this.kept = all.length > this.limit ? all.slice(all.length - this.limit) : all;
    return changed;
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
