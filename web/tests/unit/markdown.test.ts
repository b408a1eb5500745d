import { markdown, spans } from "../../src/core/markdown.ts";
import { equal } from "./equal.ts";

Deno.test("headings, paragraphs over lines, lists, tables and code become blocks", () => {
  const text =
    "# Title\n\none\ntwo\n\n- a\n  more\n- b\n\n1. x\n\n| h | i |\n|---|---|\n| 1 | 2 |\n\n" +
    "```\ncode | here\n```\n\n    indented\n";
  equal(markdown(text).map((b) => b.kind), [
    "heading",
    "paragraph",
    "list",
    "list",
    "table",
    "code",
    "code",
  ]);
  const list = markdown(text)[2];
  equal(list.kind === "list" ? list.items.length : 0, 2);
});

Deno.test("what looks like HTML stays text", () => {
  equal(spans("<img src=x onerror=alert(1)>"), [
    { kind: "text", text: "<img src=x onerror=alert(1)>" },
  ]);
});

Deno.test("code, strong words and links stand inside a line", () => {
  equal(spans("set `LINE` to **3** ([how](https://x))").map((s) => s.kind), [
    "text",
    "code",
    "text",
    "strong",
    "text",
    "link",
    "text",
  ]);
});

Deno.test("a fence that never ends takes the rest and does not hang", () => {
  equal(markdown("```\na\nb").length, 1);
});
