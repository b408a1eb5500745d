/** Does something soon; what it returns calls it off. */
export type Later = (fn: () => void) => () => void;

/** With the next frame; within a second where none comes, as a tab that nobody sees paints nothing. */
const frame: Later = (fn) => {
  const off = () => {
    cancelAnimationFrame(painted);
    clearTimeout(timer);
  };
  const go = () => {
    off();
    fn();
  };
  const painted = requestAnimationFrame(go);
  const timer = setTimeout(go, 1000);
  return off;
};

/** At a pace that eyes can follow. */
export const calmly: Later = (fn) => {
  const timer = setTimeout(fn, 250);
  return () => clearTimeout(timer);
};

/** Gathers what comes in between two frames, so that a flood costs one paint a frame, not one an event. */
export class Batch<T> {
  private waiting: T[] = [];
  private off: (() => void) | null = null;

  constructor(
    private readonly flush: (items: T[]) => void,
    private readonly later: Later = frame,
  ) {}

  add(item: T): void {
    this.waiting.push(item);
    this.off ??= this.later(() => {
      this.off = null;
      const items = this.waiting;
      this.waiting = [];
      this.flush(items);
    });
  }

  stop(): void {
    this.off?.();
    this.off = null;
    this.waiting = [];
  }
}
