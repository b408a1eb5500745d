/** Gathers what comes in between two frames, so that a flood costs one paint a frame, not one an event. */
export class Batch<T> {
  private waiting: T[] = [];
  private due: number | null = null;

  constructor(
    private readonly flush: (items: T[]) => void,
    private readonly later: (fn: () => void) => number = (fn) => requestAnimationFrame(fn),
    private readonly forget: (id: number) => void = (id) => cancelAnimationFrame(id),
  ) {}

  add(item: T): void {
    this.waiting.push(item);
    if (this.due !== null) return;
    this.due = this.later(() => {
      this.due = null;
      const items = this.waiting;
      this.waiting = [];
      this.flush(items);
    });
  }

  stop(): void {
    if (this.due !== null) this.forget(this.due);
    this.due = null;
    this.waiting = [];
  }
}
