import type { Change } from "../api/types.ts";
import { portOffset } from "./flow-geometry.ts";
import { FLOW_ICONS } from "./flow-icons.ts";
import { SIGN } from "./flow-marks.ts";
import type { FlowNode, FlowTerminal } from "./flow-model.ts";
import type { SceneGroup, SceneNode, SceneStub, SceneTrace, SceneWire } from "./flow-scene.ts";
import type { Measure } from "./flow-text.ts";

const NS = "http://www.w3.org/2000/svg";

export function element(
  name: string,
  attributes: Record<string, string | number>,
  parent?: Element,
): SVGElement {
  const e = document.createElementNS(NS, name);
  for (const key in attributes) e.setAttribute(key, String(attributes[key]));
  parent?.append(e);
  return e;
}

/** The words that stand in a drawing; the language is the caller's. */
export interface Words {
  change: (change: Change) => string;
  disabled: string;
  terminal: (kind: FlowTerminal["kind"], index: number) => string;
}

const STRIP = 30;

/** The signs as strokes: cheaper than letters where thousands are on screen. */
const STROKES: Record<Change, string> = {
  added: "M-9 0H9M0-9V9",
  removed: "M-9 0H9",
  changed: "M-9 3c3-8 6-8 9-3s6 5 9-3",
  moved: "M-6 6 6-6M-4-6H6V4",
};

export function drawNode(s: SceneNode, words: Words, measure: Measure, parent: Element): void {
  const n = s.node;
  const kinds = [
    "fn",
    `is-${s.change}`,
    n.disabled ? "is-disabled" : "",
    n.type === "comment" ? "is-comment" : "",
  ];
  const g = element("g", {
    class: kinds.filter(Boolean).join(" "),
    transform: `translate(${n.x - n.w / 2} ${n.y - n.h / 2})`,
    "data-key": s.key,
  }, parent);
  const said = [n.title === n.type ? n.type : `${n.title} (${n.type})`];
  if (n.disabled) said.push(words.disabled);
  if (s.change !== "same") said.push(words.change(s.change));
  element("title", {}, g).textContent = said.join(", ");
  if (s.change !== "same") halo(n.w, n.h, g);
  if (n.button) button(n, g);
  element("rect", { class: "fn-body", width: n.w, height: n.h, rx: 5, fill: n.color }, g);
  face(n, g);
  if (n.inputs > 0) port(-5, n.h / 2 - 5, g);
  for (let i = 0; i < n.outputs; i++) port(n.w - 5, n.h / 2 + portOffset(n.outputs, i) - 5, g);
  if (s.change !== "same") badge(s.change, words.change(s.change), n.w, measure, g);
}

/** The strip with the icon, and the label beside it. */
function face(n: FlowNode, g: Element): void {
  const comment = n.type === "comment";
  if (!comment && !n.small) {
    const h = n.h;
    element("path", {
      class: "fn-strip",
      d: n.right
        ? `M${n.w - STRIP} .5h25a4.500 4.500 0 0 1 4.500 4.500v${
          h - 10
        }a4.500 4.500 0 0 1-4.500 4.500h-25z`
        : `M${STRIP} .5H5A4.500 4.500 0 0 0 .5 5v${h - 10}A4.500 4.500 0 0 0 5 ${h - 0.5}h25z`,
    }, g);
  }
  const x = n.small || !n.right ? 5 : n.w - STRIP + 5;
  element("path", {
    class: comment || n.small ? "fn-icon is-dark" : "fn-icon",
    d: FLOW_ICONS[n.icon],
    transform: `translate(${x} ${n.h / 2 - 10})`,
  }, g);
  const top = n.h / 2 + 5 - (n.lines.length - 1) * 12;
  n.lines.forEach((line, i) => {
    element("text", {
      class: "fn-label",
      x: n.right ? n.w - STRIP - 8 : STRIP + 8,
      y: top + i * 24,
      "text-anchor": n.right ? "end" : "start",
    }, g).textContent = line;
  });
}

function button(n: FlowNode, g: Element): void {
  const left = n.button === "left";
  const b = element("g", {
    class: "fn-button",
    transform: `translate(${left ? -25 : n.w - 7} ${n.h / 2 - 13})`,
  }, g);
  element("rect", { width: 32, height: 26, rx: 5 }, b);
  element(
    "rect",
    { class: "fn-press", x: left ? 5 : 11, y: 4, width: 16, height: 18, rx: 4, fill: n.color },
    b,
  );
}

function port(x: number, y: number, g: Element): void {
  element("rect", { class: "fn-port", x, y, width: 10, height: 10, rx: 3 }, g);
}

function halo(w: number, h: number, g: Element): void {
  element("rect", {
    class: "fn-halo",
    x: -6,
    y: -6,
    width: w + 12,
    height: h + 12,
    rx: 9,
  }, g);
}

/** Sign and word over the right end; far away only the sign is left, and grows. */
function badge(change: Change, word: string, w: number, measure: Measure, g: Element): void {
  const width = measure(word) * 0.8 + 27;
  const b = element("g", { class: "fn-badge", transform: `translate(${w + 4} -6)` }, g);
  element("rect", { class: "fn-pill", x: -width, y: -10, width, height: 18, rx: 9 }, b);
  element("text", { class: "fn-sign", x: 10 - width, y: 4, "text-anchor": "middle" }, b)
    .textContent = SIGN[change];
  element("text", { class: "fn-word", x: 19 - width, y: 3 }, b).textContent = word;
  const far = element("g", { class: "fn-far" }, g);
  element("circle", { cx: w - 4, cy: -2, r: 17 }, far);
  element("path", { d: STROKES[change], transform: `translate(${w - 4} -2)` }, far);
}

export function drawGroup(s: SceneGroup, words: Words, measure: Measure, parent: Element): void {
  const { group } = s;
  const g = element("g", {
    class: `fg is-${s.change}`,
    transform: `translate(${group.x} ${group.y})`,
    "data-key": s.key,
  }, parent);
  const body = element("rect", {
    class: "fg-body",
    width: group.w,
    height: group.h,
    rx: 5,
  }, g);
  if (group.stroke && s.change === "same") body.setAttribute("stroke", group.stroke);
  if (group.fill) {
    element("rect", {
      class: "fg-fill",
      width: group.w,
      height: group.h,
      rx: 5,
      fill: group.fill,
    }, g);
  }
  if (group.title) {
    element("text", { class: "fg-label", x: 8, y: 17 }, g).textContent = group.title;
  }
  if (s.change !== "same") {
    badge(s.change, words.change(s.change), group.w - 8, measure, g);
  }
}

export function drawWire(w: SceneWire, parent: Element): void {
  if (w.change !== "same") element("path", { class: "fw-case", d: w.d }, parent);
  element("path", { class: `fw is-${w.change}${w.link ? " is-link" : ""}`, d: w.d }, parent);
}

export function drawStub(s: SceneStub, parent: Element): void {
  const way = s.left ? -1 : 1;
  const g = element("g", { class: "fs", transform: `translate(${s.x} ${s.y})` }, parent);
  element("path", { class: "fw is-same is-link", d: `M0 0h${way * 26}` }, g);
  element("text", {
    class: "fs-label",
    x: way * 32,
    y: 4,
    "text-anchor": s.left ? "end" : "start",
  }, g).textContent = s.label;
}

export function drawTrace(t: SceneTrace, parent: Element): void {
  const { from, to } = t;
  const g = element("g", { class: "ft" }, parent);
  element("rect", { x: from.x, y: from.y, width: from.w, height: from.h, rx: 5 }, g);
  element("path", {
    d: `M${from.x + from.w / 2} ${from.y + from.h / 2}L${to.x + to.w / 2} ${to.y + to.h / 2}`,
  }, g);
}

export function drawTerminal(t: FlowTerminal, words: Words, parent: Element): void {
  const g = element("g", {
    class: "fn is-terminal",
    transform: `translate(${t.x - 20} ${t.y - 20})`,
  }, parent);
  element("rect", { class: "fn-body", width: 40, height: 40, rx: 8 }, g);
  element("text", { class: "fn-label", x: 20, y: 24, "text-anchor": "middle" }, g).textContent =
    words.terminal(t.kind, t.index);
  port(t.kind === "in" ? 35 : -5, 15, g);
}
