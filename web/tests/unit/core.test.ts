import { needsAttention, severityOf } from "../../src/core/abnormal.ts";
import { backoff } from "../../src/core/backoff.ts";
import { Batch } from "../../src/core/batch.ts";
import { changesOf } from "../../src/core/changes.ts";
import { readFlowsFile } from "../../src/core/flows-file.ts";
import { isHeaderText, isVariableName, natural, slugOf } from "../../src/core/names.ts";
import { matchPath, parseUrl, safeNext, withQuery } from "../../src/core/router.ts";
import { decimate, nearest, niceMax } from "../../src/core/series.ts";
import { createStore } from "../../src/core/store.ts";
import { windowOf } from "../../src/core/virtual.ts";
import { equal } from "./equal.ts";

Deno.test("a path fits its pattern whole or not at all", () => {
  equal(matchPath("/instances/:id/:tab", "/instances/ab/log"), { id: "ab", tab: "log" });
  equal(matchPath("/instances/:id", "/instances/ab/log"), null);
  equal(matchPath("/", "/"), {});
  equal(matchPath("/users/:id", "/users/%E4"), null);
});

Deno.test("a query keeps what is not changed and drops what is empty", () => {
  equal(withQuery(parseUrl("/a?x=1&y=2"), { x: null, z: "3" }), "/a?y=2&z=3");
  equal(withQuery(parseUrl("/a?x=1"), { x: "" }), "/a");
});

Deno.test("after signing in nobody is led off the page", () => {
  equal(safeNext("/instances?state=crashed"), "/instances?state=crashed");
  for (const bad of [null, "", "https://evil", "//evil", "/\\evil", "/sign-in", "/api/v1/user"]) {
    equal(safeNext(bad), "/");
  }
});

Deno.test("a window of a list holds what is on screen", () => {
  equal(windowOf(3600, 720, 36, 10000, 0), { start: 100, end: 120, top: 3600, height: 360000 });
  equal(windowOf(0, 720, 36, 3), { start: 0, end: 3, top: 0, height: 108 });
});

Deno.test("a store tells its watchers until they leave", () => {
  const store = createStore({ n: 1 });
  const seen: number[] = [];
  const leave = store.subscribe(() => seen.push(store.get().n));
  store.set({ n: 2 });
  leave();
  store.set({ n: 3 });
  equal(seen, [2]);
});

Deno.test("a batch comes once a frame, whole and in order", () => {
  const frames: (() => void)[] = [];
  const got: number[][] = [];
  const batch = new Batch<number>((items) => got.push(items), (fn) => {
    frames.push(fn);
    return () => {};
  });
  batch.add(1);
  batch.add(2);
  equal([frames.length, got], [1, []]);
  frames[0]();
  batch.add(3);
  frames[1]();
  equal(got, [[1, 2], [3]]);
});

Deno.test("waits double up to 15 s and are spread", () => {
  equal([0, 1, 2, 20].map((n) => backoff(n, 1)), [500, 1000, 2000, 15_000]);
  equal(backoff(2, 0), 1000);
});

Deno.test("an address part is made of a name", () => {
  equal(slugOf("Füllanlage 1 – Größe"), "fuellanlage-1-groesse");
  equal(slugOf("  Émile's  "), "emile-s");
  equal(slugOf("***"), "");
});

Deno.test("names that would reach into the runtime are refused", () => {
  equal(["MES_URL", "_x", "NODE_OPTIONS", "1A", "A-B", "LD_PRELOAD"].map(isVariableName), [
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});

Deno.test("Line 2 comes before Line 10", () => {
  equal(["Line 10", "line 2"].sort(natural), ["line 2", "Line 10"]);
});

Deno.test("a flows file is told from a snapshot and from anything else", () => {
  equal(readFlowsFile("{").kind, "wrong");
  equal(readFlowsFile("[1]").kind, "wrong");
  equal(readFlowsFile('{"lineside-snapshot":1,"name":"a"}').kind, "snapshot");
  const found = readFlowsFile('[{"id":"t","type":"tab"},{"id":"n","type":"inject"}]');
  equal(found.kind === "flows" && [found.tabs, found.nodes], [1, 1]);
  equal(readFlowsFile('{"flows":[{"type":"tab"}],"rev":"x"}').kind, "flows");
});

Deno.test("changes are found by key, nested ones by a dotted name", () => {
  equal(changesOf({ a: 1, b: { c: "x" } }, { a: 1, b: { c: "y" }, d: [1] }), [
    { key: "b.c", before: "x", after: "y" },
    { key: "d", before: null, after: "[1]" },
  ]);
  equal(changesOf(null, null), []);
});

Deno.test("an unknown state is worth a look", () => {
  equal(severityOf("running"), "normal");
  equal(severityOf("new-state"), "warning");
  equal(["crashed", "safe", "stopped"].map(needsAttention), [true, true, false]);
});

Deno.test("a chart keeps the peak when it drops points", () => {
  const points = Array.from({ length: 5000 }, (_, t) => ({ t, v: t === 2345 ? 99 : 1 }));
  const few = decimate(points, 100);
  equal([few.length <= 200, Math.max(...few.map((p) => p.v))], [true, 99]);
  equal(nearest(points, 10.4), 10);
  equal([niceMax(537), niceMax(99), niceMax(0.4)], [600, 100, 0.4]);
});

Deno.test("a passphrase that a header would change is refused", () => {
  equal(["", "a", "two words", " a", "a ", "größe"].map(isHeaderText), [
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});
