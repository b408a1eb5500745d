import { useEffect, useMemo, useRef } from "react";
import type { Box } from "../core/flow-geometry.ts";
import type { Words } from "../core/flow-draw.ts";
import type { FlowContainer } from "../core/flow-model.ts";
import { type Scene, sceneOf } from "../core/flow-scene.ts";
import { canvasMeasure } from "../core/flow-text.ts";
import { FlowView } from "../core/flow-view.ts";
import { t, word } from "../i18n/text.ts";
import { Button } from "../ui/button.tsx";

const WORDS: Words = {
  change: (change) => word("change", change),
  get disabled() {
    return t("flow.disabled");
  },
  terminal: (kind, index) =>
    kind === "in"
      ? t("flow.in")
      : kind === "out"
      ? t("flow.out", { n: index + 1 })
      : t("flow.status"),
};

/** The drawing of one tab. What it shows stands in a list beside it, for whoever does not see it. */
export function FlowDrawing(
  p: {
    scene: Scene;
    /** What is all, if more than this scene. */
    frame?: Box;
    /** Another one: looked at from its beginning. */
    start: string;
    label: string;
    selected: string | null;
    onSelect: (key: string | null) => void;
    hold?: (view: FlowView | null) => void;
  },
) {
  const svg = useRef<SVGSVGElement>(null);
  const view = useRef<FlowView | null>(null);
  const onSelect = useRef(p.onSelect);
  onSelect.current = p.onSelect;
  const hold = useRef(p.hold);
  hold.current = p.hold;
  const started = useRef<string | null>(null);
  useEffect(() => {
    if (!svg.current) return;
    const made = new FlowView(svg.current, {
      words: WORDS,
      measure: canvasMeasure(),
      onSelect: (key) => onSelect.current(key),
    });
    view.current = made;
    started.current = null;
    hold.current?.(made);
    return () => {
      hold.current?.(null);
      made.destroy();
      view.current = null;
    };
  }, []);
  useEffect(() => {
    view.current?.show(p.scene, started.current !== p.start, p.frame);
    started.current = p.start;
  }, [p.scene, p.start, p.frame]);
  useEffect(() => view.current?.select(p.selected), [p.selected, p.scene]);
  return (
    <svg
      ref={svg}
      className="flow"
      role="img"
      tabIndex={0}
      aria-label={`${p.label}. ${t("flow.keys")}`}
    />
  );
}

/** Zoom and pan by buttons: what the mouse, the finger and the keys do. */
export function DrawingTools({ view }: { view: () => FlowView | null | undefined }) {
  return (
    <div className="draw-tools" role="group" aria-label={t("flow.tools")}>
      <span className="pan-tools">
        <Button
          kind="quiet"
          icon="arrow-left"
          label={t("flow.left")}
          onClick={() => view()?.step(-1, 0)}
        />
        <Button
          kind="quiet"
          icon="arrow-up"
          label={t("flow.up")}
          onClick={() => view()?.step(0, -1)}
        />
        <Button
          kind="quiet"
          icon="arrow-down"
          label={t("flow.down")}
          onClick={() => view()?.step(0, 1)}
        />
        <Button
          kind="quiet"
          icon="arrow-right"
          label={t("flow.right")}
          onClick={() => view()?.step(1, 0)}
        />
      </span>
      <Button
        kind="quiet"
        icon="zoom-out"
        label={t("flow.zoomOut")}
        onClick={() => view()?.zoom(0.8)}
      />
      <Button
        kind="quiet"
        icon="zoom-in"
        label={t("flow.zoomIn")}
        onClick={() => view()?.zoom(1.25)}
      />
      <Button
        kind="quiet"
        icon="arrows-fullscreen"
        label={t("flow.fit")}
        onClick={() => view()?.fit()}
      />
    </div>
  );
}

/** One tab as it is: for recipes and other places that only show a flow. */
export function FlowPicture({ container }: { container: FlowContainer }) {
  const scene = useMemo(() => sceneOf(container), [container]);
  return (
    <FlowDrawing
      scene={scene}
      start={container.id}
      label={t("flow.drawing", { name: container.label })}
      selected={null}
      onSelect={() => {}}
    />
  );
}
