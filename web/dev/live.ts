import type { Instance } from "../src/api/types.ts";
import { type Data, logLine, sample } from "./data.ts";

/** The live socket of the mock: topics, a log line now and then, resource samples. */
export class Live {
  private readonly clients = new Map<WebSocket, Set<string>>();

  private readonly waiting = new Set<() => void>();
  /** Nothing happens by itself any more. */
  still = false;

  constructor(private readonly data: Data) {
    setInterval(() => {
      if (!this.still) this.tick();
    }, 1000);
  }

  /** Resolves once somebody listens to the topic: a page shows itself before its socket is open. */
  async heard(topic: string): Promise<void> {
    while (![...this.clients.values()].some((topics) => topics.has(topic))) {
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  join(socket: WebSocket, knows: (token: string) => boolean): void {
    socket.onopen = () => {
      socket.send(JSON.stringify({ hello: { build: "mock", time: new Date() } }));
    };
    socket.onmessage = (event) => {
      const message = JSON.parse(event.data);
      if ("csrf" in message) {
        if (!knows(message.csrf)) return socket.close(4401);
        this.clients.set(socket, new Set());
        return;
      }
      const topics = this.clients.get(socket);
      if (message.subscribe) {
        topics?.add(message.subscribe);
        for (const resolve of this.waiting) resolve();
        this.waiting.clear();
      }
      if (message.unsubscribe) topics?.delete(message.unsubscribe);
    };
    socket.onclose = () => this.clients.delete(socket);
    socket.onerror = () => this.clients.delete(socket);
  }

  say(topic: string, data: unknown, missed?: number): void {
    const text = JSON.stringify({ topic, ...(data === null ? {} : { data }), missed });
    for (const [socket, topics] of this.clients) {
      if (topics.has(topic) && socket.readyState === WebSocket.OPEN) socket.send(text);
    }
  }

  changed(instance: Instance): void {
    const { permissions: _, ...view } = instance;
    this.say("instances", view);
    this.say(`instance/${instance.id}`, view);
  }

  /** A site in uproar, for measurements: every instance changes once a second, one by one, and the
   * first one logs so many lines a second. */
  uproar(lines: number): void {
    this.still = true;
    let turn = 0;
    setInterval(() => {
      const all = this.data.instances, share = Math.ceil(all.length / 20);
      for (let n = 0; n < share; n++) {
        const instance = all[turn++ % all.length];
        instance.resources = sample(Date.now());
        this.changed(instance);
      }
      this.log(all[0].id, lines / 20);
    }, 50);
  }

  log(instance: string, count: number, missed = 0): void {
    const lines = this.data.logs.get(instance) ?? [];
    const records = [];
    for (let i = 0; i < count; i++) {
      const line = logLine((lines[lines.length - 1]?.seq ?? 0) + 1, Date.now());
      lines.push(line);
      records.push(line);
    }
    this.data.logs.set(instance, lines.slice(-5000));
    this.say(`instance/${instance}/log`, { records, missed });
  }

  private tick(): void {
    for (const i of this.data.instances) {
      if (i.state !== "running") continue;
      this.log(i.id, 1);
      this.say(`instance/${i.id}/resources`, sample(Date.now()));
    }
  }
}
