import type { FileEntry, FlowTest, FlowTestDefinition, FlowTestRun } from "../src/api/types.ts";

/** Files and flow tests of the mock site: one area for whichever instance is asked about. */
export class Areas {
  /** The next run does not end by itself. */
  lasts = false;
  files = new Map<string, number>([
    ["report.csv", 18_204],
    ["shifts/early.csv", 9_120],
    ["shifts/late.csv", 8_730],
    ["logo.svg", 2_048],
  ]);
  readonly quota = 1 << 30;
  tests: FlowTest[] = [
    testCase("t1", "A value above the limit raises the alarm once", 4),
    testCase("t2", "A missing value is said and nothing is published", 2),
  ];
  runs: FlowTestRun[] = [run("r2", "failed", 12), run("r1", "passed", 11)];

  used(): number {
    return [...this.files.values()].reduce((a, b) => a + b, 0);
  }

  list(path: string) {
    const below = path ? `${path}/` : "";
    const items = new Map<string, FileEntry>();
    for (const [name, size] of this.files) {
      if (!name.startsWith(below)) continue;
      const [first, ...rest] = name.slice(below.length).split("/");
      if (!first) continue;
      const folder = rest.length > 0;
      items.set(first, {
        name: first,
        path: below + first,
        kind: folder ? "folder" : "file",
        size: folder ? 0 : size,
        modifiedAt: "2026-03-02T05:58:00.000Z",
      });
    }
    const all = [...items.values()].sort((a, b) =>
      a.kind === b.kind ? a.name.localeCompare(b.name) : a.kind === "folder" ? -1 : 1
    );
    const room = { used: this.used(), quota: this.quota, unlisted: 0, complete: true };
    return { items: all, count: all.length, next: null, ...room };
  }

  move(from: string, to: string): void {
    for (const [name, size] of [...this.files]) {
      if (name !== from && !name.startsWith(`${from}/`)) continue;
      this.files.delete(name);
      this.files.set(to + name.slice(from.length), size);
    }
  }

  remove(path: string): void {
    for (const name of [...this.files.keys()]) {
      if (name === path || name.startsWith(`${path}/`)) this.files.delete(name);
    }
  }

  save(id: string | null, definition: FlowTestDefinition): FlowTest {
    const made = testCase(id ?? `t${this.tests.length + 1}`, definition.name, 0);
    made.definition = definition;
    const at = this.tests.findIndex((x) => x.id === made.id);
    if (at < 0) this.tests.push(made);
    else this.tests[at] = made;
    return made;
  }

  stop(id: string): void {
    const found = this.runs.find((r) => r.id === id);
    if (found) Object.assign(found, { state: "error", detail: "It was stopped by admin." });
  }

  start(): FlowTestRun {
    const made = run(`r${this.runs.length + 1}`, "passed", 13);
    if (this.lasts) made.state = "running";
    made.cases = this.tests.map((x) => ({
      name: x.name,
      state: "passed",
      ms: 41,
      steps: [{ index: 0, state: "passed", text: "send to “Limit”" }],
      log: [],
    }));
    this.runs.unshift(made);
    return made;
  }
}

function testCase(id: string, name: string, steps: number): FlowTest {
  return {
    id,
    name,
    definition: {
      format: "lineside-flow-test/1",
      name,
      steps: Array.from({ length: steps }, () => ({ send: { payload: 1 }, to: "n1" })),
    },
    createdAt: "2026-03-01T10:00:00.000Z",
    updatedAt: "2026-03-01T10:00:00.000Z",
  };
}

function run(id: string, state: "passed" | "failed", versionNumber: number): FlowTestRun {
  const failed = state === "failed";
  return {
    id,
    state,
    passed: failed ? 1 : 2,
    failed: failed ? 1 : 0,
    versionId: "v1",
    versionNumber,
    startedAt: "2026-03-02T06:00:00.000Z",
    finishedAt: "2026-03-02T06:00:03.000Z",
    by: "anna",
    cases: [
      {
        name: "A value above the limit raises the alarm once",
        state,
        ms: 212,
        steps: [
          { index: 0, state: "passed", text: "send to “Limit”" },
          failed
            ? {
              index: 1,
              state: "failed",
              text: "expect at “Alarm”",
              expected: { payload: "high" },
              got: { payload: "low" },
            }
            : { index: 1, state: "passed", text: "expect at “Alarm”" },
        ],
        log: failed ? ["12:00:01 warn [function:Limit] no limit set"] : [],
      },
      {
        name: "A missing value is said and nothing is published",
        state: "passed",
        ms: 87,
        steps: [{ index: 0, state: "passed", text: "nothing arrives at “Publish” for 200 ms" }],
        log: [],
      },
    ],
  };
}
