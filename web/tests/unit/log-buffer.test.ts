import { filterLines, LogBuffer, type LogLine } from "../../src/core/log-buffer.ts";
import { equal } from "./equal.ts";

const line = (seq: number, level = "info", text = `line ${seq}`): LogLine => ({
  seq,
  at: "2026-11-21T08:00:00.000Z",
  level,
  source: { type: "function", id: "f", name: "OEE" },
  text,
});
const seqs = (lines: readonly LogLine[]) => lines.map((l) => l.seq);

Deno.test("overlapping batches give each line once and in order", () => {
  const log = new LogBuffer(10);
  log.append([line(3), line(1), line(2), line(2)]);
  equal(log.append([line(2), line(3)]), false);
  equal(log.append([line(3), line(4)]), true);
  equal(seqs(log.lines), [1, 2, 3, 4]);
});

Deno.test("the buffer is bounded and keeps the newest", () => {
  const log = new LogBuffer(3);
  for (let i = 1; i <= 9; i++) log.append([line(i)]);
  equal(seqs(log.lines), [7, 8, 9]);
});

Deno.test("history comes before what is there, as far as there is room", () => {
  const log = new LogBuffer(4);
  log.append([line(10), line(11)]);
  equal(log.prepend([line(7), line(8), line(9), line(10)]), 2);
  equal(seqs(log.lines), [8, 9, 10, 11]);
  equal([log.first, log.last], [8, 11]);
});

Deno.test("level and text filter together, also by source", () => {
  const lines = [
    line(1, "debug"),
    line(2, "warn", "no answer"),
    line(3, "fatal"),
    line(4, "trace"),
  ];
  equal(seqs(filterLines(lines, "warn", "")), [2, 3]);
  equal(seqs(filterLines(lines, "debug", "ANSWER")), [2]);
  equal(seqs(filterLines(lines, "info", "oee")), [2, 3]);
});

Deno.test("100,000 lines in batches stay cheap in memory", () => {
  const log = new LogBuffer(5000);
  for (let i = 0; i < 1000; i++) {
    log.append(Array.from({ length: 100 }, (_, k) => line(i * 100 + k + 1)));
  }
  equal([log.lines.length, log.first, log.last], [5000, 95001, 100000]);
});

Deno.test("a gap is filled although newer lines came first", () => {
  const log = new LogBuffer(10);
  log.append([line(1), line(9)]);
  equal(log.append([line(5), line(4), line(9)]), true);
  equal(seqs(log.lines), [1, 4, 5, 9]);
});
