import {
  drawGroup,
  drawNode,
  drawStub,
  drawTerminal,
  drawTrace,
  drawWire,
  element,
  type Words,
} from "./flow-draw.ts";
import {
  around,
  type Box,
  type Camera,
  centred,
  fitted,
  grown,
  meets,
  READABLE,
  zoomed,
} from "./flow-geometry.ts";
import { boxOf } from "./flow-model.ts";
import { type Scene, tilesOf } from "./flow-scene.ts";
import type { Measure } from "./flow-text.ts";

export interface ViewOptions {
  words: Words;
  measure: Measure;
  onSelect?: (key: string | null) => void;
}

/** Labels, ports and icons are left out below, and only marks and wires stay. */
const FAR = 0.42;

interface Tile {
  box: Box;
  group: SVGElement;
  shown: boolean;
}

/**
 * One drawing in an `<svg>` that fills its place: moved by mouse, finger and keys. Two views may
 * be peers, and then move together.
 */
export class FlowView {
  peer: FlowView | null = null;
  private readonly world: SVGElement;
  private camera: Camera = { k: 1, x: 0, y: 0 };
  private tiles: Tile[] = [];
  private scene: Scene | null = null;
  private frame: Box = { x: 0, y: 0, w: 1, h: 1 };
  private selected: string | null = null;
  private width = 0;
  private height = 0;
  private wanted: string[] | "start" | null = "start";
  private due = 0;
  private readonly ends = new AbortController();
  private readonly watch: ResizeObserver;
  private readonly pointers = new Map<number, { x: number; y: number }>();
  private travelled = 0;

  constructor(private readonly svg: SVGSVGElement, private readonly options: ViewOptions) {
    this.world = element("g", { class: "flow-world" }, svg);
    const on = { signal: this.ends.signal };
    svg.addEventListener("pointerdown", (e) => this.press(e), on);
    svg.addEventListener("pointermove", (e) => this.drag(e), on);
    svg.addEventListener("pointerup", (e) => this.release(e, true), on);
    svg.addEventListener("pointercancel", (e) => this.release(e, false), on);
    svg.addEventListener("wheel", (e) => this.wheel(e), { ...on, passive: false });
    svg.addEventListener("keydown", (e) => this.key(e), on);
    this.watch = new ResizeObserver(() => this.resized());
    this.watch.observe(svg);
  }

  /**
   * Draws another scene; the place that is looked at stays unless `start`. `frame` is what is all:
   * peers have the same.
   */
  show(scene: Scene, start: boolean, frame: Box = scene.box): void {
    this.scene = scene;
    this.frame = frame;
    this.draw(scene);
    if (start) this.wanted = "start";
    this.select(this.selected);
    this.aim();
  }

  /** Marks what has this key, or nothing. */
  select(key: string | null): void {
    this.selected = key;
    for (const e of this.world.querySelectorAll(".is-selected")) e.classList.remove("is-selected");
    if (key === null) return;
    const found = this.world.querySelector(`[data-key="${CSS.escape(key)}"]`);
    found?.classList.add("is-selected");
  }

  has(key: string): boolean {
    return this.scene?.places.has(key) ?? false;
  }

  place(key: string): Box | null {
    return this.scene?.places.get(key) ?? null;
  }

  /** Brings the first of these keys that is here into the middle, in this view alone. */
  focus(...keys: string[]): void {
    this.wanted = keys;
    this.aim();
  }

  /** Brings one box into the middle, in this view alone. */
  look(box: Box): void {
    this.wanted = null;
    if (!this.width) return;
    this.move(centred(this.camera, grown(box, 30), this.width, this.height));
  }

  fit(): void {
    if (this.scene && this.width) {
      this.move(fitted(grown(this.frame, 30), this.width, this.height));
    }
    this.peer?.move(this.camera);
  }

  pan(dx: number, dy: number, echo = true): void {
    this.wanted = null;
    this.move({ ...this.camera, x: this.camera.x + dx, y: this.camera.y + dy });
    if (echo) this.peer?.pan(dx, dy, false);
  }

  /** A part of the window, for buttons and keys. */
  step(right: number, down: number): void {
    this.pan(-right * this.width / 5, -down * this.height / 5);
  }

  zoom(factor: number, x = this.width / 2, y = this.height / 2, echo = true): void {
    this.wanted = null;
    this.move(zoomed(this.camera, factor, x, y));
    if (echo) this.peer?.zoom(factor, x, y, false);
  }

  destroy(): void {
    this.ends.abort();
    this.watch.disconnect();
    cancelAnimationFrame(this.due);
    this.world.remove();
  }

  private draw(scene: Scene): void {
    const { words, measure } = this.options;
    const root = document.createDocumentFragment();
    this.tiles = [];
    const layer = (name: string) => element("g", { class: name });
    const tiled = <T>(
      parent: Element,
      items: readonly T[],
      box: (t: T) => Box,
      draw: (t: T, g: Element) => void,
    ) => {
      for (const tile of tilesOf(items, box)) {
        const group = element("g", {}, parent);
        for (const item of tile.items) draw(item, group);
        this.tiles.push({ box: grown(tile.box, 40), group, shown: true });
      }
    };
    const groups = layer("flow-groups"), wires = layer("flow-wires"), nodes = layer("flow-nodes");
    for (const g of scene.groups) drawGroup(g, words, measure, groups);
    const same = scene.wires.filter((w) => w.change === "same");
    const differ = scene.wires.filter((w) => w.change !== "same");
    tiled(wires, same, (w) => w.box, drawWire);
    for (const t of scene.traces) drawTrace(t, wires);
    tiled(wires, differ, (w) => w.box, drawWire);
    for (const s of scene.stubs) drawStub(s, wires);
    for (const t of scene.terminals) drawTerminal(t, words, nodes);
    tiled(
      nodes,
      scene.nodes,
      (n) => boxOf(n.node),
      (n, g) => drawNode(n, words, measure, g),
    );
    root.append(groups, wires, nodes);
    this.world.replaceChildren(root);
  }

  private resized(): void {
    const { clientWidth: w, clientHeight: h } = this.svg;
    if (!w || !h) return;
    const first = this.width === 0;
    const dx = (w - this.width) / 2, dy = (h - this.height) / 2;
    this.width = w;
    this.height = h;
    if (first || this.wanted) this.aim();
    else this.move({ ...this.camera, x: this.camera.x + dx, y: this.camera.y + dy });
  }

  /** Looks at what is wanted as soon as there is a window and something in it. */
  private aim(): void {
    if (!this.scene || !this.width) return;
    const { wanted } = this;
    if (wanted === "start") {
      this.move(fitted(grown(this.frame, 30), this.width, this.height, READABLE));
    } else if (wanted) {
      const key = wanted.find((k) => this.has(k));
      const box = key === undefined ? null : this.place(key);
      if (box) this.move(centred(this.camera, grown(box, 30), this.width, this.height));
      else if (this.camera.k === 1 && this.camera.x === 0) {
        this.move(fitted(grown(this.frame, 30), this.width, this.height, READABLE));
      }
    }
    this.apply();
  }

  private move(camera: Camera): void {
    this.camera = camera;
    if (!this.due) {
      this.due = requestAnimationFrame(() => {
        this.due = 0;
        this.apply();
      });
    }
  }

  private apply(): void {
    const { k, x, y } = this.camera;
    this.world.setAttribute("transform", `translate(${x} ${y}) scale(${k})`);
    this.svg.classList.toggle("is-far", k < FAR);
    const seen: Box = { x: -x / k, y: -y / k, w: this.width / k, h: this.height / k };
    for (const tile of this.tiles) {
      const shown = meets(tile.box, seen);
      if (shown === tile.shown) continue;
      tile.shown = shown;
      if (shown) tile.group.removeAttribute("display");
      else tile.group.setAttribute("display", "none");
    }
  }

  private at(e: PointerEvent | WheelEvent): { x: number; y: number } {
    const r = this.svg.getBoundingClientRect();
    return { x: e.clientX - r.left, y: e.clientY - r.top };
  }

  private press(e: PointerEvent): void {
    if (e.pointerType === "mouse" && e.button > 1) return;
    if (this.pointers.size === 0) this.travelled = 0;
    this.pointers.set(e.pointerId, this.at(e));
  }

  private drag(e: PointerEvent): void {
    const before = this.pointers.get(e.pointerId);
    if (!before) return;
    const now = this.at(e);
    this.travelled += Math.hypot(now.x - before.x, now.y - before.y);
    if (this.travelled < 4 && this.pointers.size === 1) return;
    if (!this.svg.hasPointerCapture(e.pointerId)) this.svg.setPointerCapture(e.pointerId);
    this.pointers.set(e.pointerId, now);
    const other = [...this.pointers].find(([id]) => id !== e.pointerId)?.[1];
    if (!other) return this.pan(now.x - before.x, now.y - before.y);
    const was = Math.hypot(before.x - other.x, before.y - other.y);
    const is = Math.hypot(now.x - other.x, now.y - other.y);
    this.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
    if (was > 1) this.zoom(is / was, (now.x + other.x) / 2, (now.y + other.y) / 2);
  }

  private release(e: PointerEvent, mayClick: boolean): void {
    if (!this.pointers.delete(e.pointerId)) return;
    if (!mayClick || this.travelled >= 4 || this.pointers.size) return;
    const hit = e.target instanceof Element ? e.target.closest("[data-key]") : null;
    this.options.onSelect?.(hit?.getAttribute("data-key") ?? null);
  }

  /** With Ctrl, or two fingers on a pad, it zooms; plainly it moves once the drawing was clicked. */
  private wheel(e: WheelEvent): void {
    if (e.ctrlKey || e.metaKey) {
      e.preventDefault();
      const at = this.at(e);
      this.zoom(Math.exp(-Math.max(-60, Math.min(60, e.deltaY)) / 150), at.x, at.y);
    } else if (document.activeElement === this.svg) {
      e.preventDefault();
      const k = e.deltaMode === 1 ? 24 : 1;
      if (e.shiftKey) this.pan(-e.deltaY * k, 0);
      else this.pan(-e.deltaX * k, -e.deltaY * k);
    }
  }

  private key(e: KeyboardEvent): void {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const steps: Record<string, () => void> = {
      ArrowLeft: () => this.step(-0.5, 0),
      ArrowRight: () => this.step(0.5, 0),
      ArrowUp: () => this.step(0, -0.5),
      ArrowDown: () => this.step(0, 0.5),
      "+": () => this.zoom(1.25),
      "=": () => this.zoom(1.25),
      "-": () => this.zoom(0.8),
      "0": () => this.fit(),
    };
    const step = steps[e.key];
    if (!step) return;
    e.preventDefault();
    step();
  }
}

/** Shows the same difference in both: together where both places fit, else each its own. */
export function lookTogether(a: FlowView, b: FlowView, key: string): void {
  const left = a.place(key), right = b.place(key);
  const one = left ?? right;
  if (!one) return;
  const both = left && right ? around([left, right]) : one;
  if (both && both.w < 420 && both.h < 320) {
    a.look(both);
    b.look(both);
  } else {
    a.look(left ?? one);
    b.look(right ?? one);
  }
}
