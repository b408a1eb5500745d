/** Width of one line of a node's label, px at 14 px. */
export type Measure = (text: string) => number;

export const LABEL_FONT =
  '14px "Helvetica Neue", Helvetica, Arial, "Liberation Sans", Inter, sans-serif';

/** Good to some pixels: where there is no browser. */
export const estimate: Measure = (text) => {
  let w = 0;
  for (const c of text) {
    w += "il.,:;'|!ftjI ".includes(c) ? 4.1 : "mwMW@%".includes(c) ? 11.6 : c < "a" ? 8.4 : 7.4;
  }
  return w;
};

let shared: Measure | null = null;

/** Asks a canvas once a text. */
export function canvasMeasure(): Measure {
  if (shared) return shared;
  const context = document.createElement("canvas").getContext("2d");
  if (!context) return estimate;
  context.font = LABEL_FONT;
  const kept = new Map<string, number>();
  shared = (text) => {
    let w = kept.get(text);
    if (w === undefined) {
      w = context.measureText(text).width;
      if (kept.size > 20_000) kept.clear();
      kept.set(text, w);
    }
    return w;
  };
  return shared;
}
