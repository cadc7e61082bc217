import type { Clock } from '../lib/clock.ts';

/** How long a connection that takes nothing is left alone, and how long endings are gathered, in ms. */
const patienceMs = 20;
const probeMs = 100;
/** What may wait for one connection. */
const waitingBytes = 8 << 20;

/** What is asked of a socket here: ZeroMQ allows one send at a time. */
interface WritableSocket {
  readonly closed: boolean;
  send(message: Buffer[]): Promise<void>;
}

export interface RouteEvents {
  unreachable(route: string, reason: string): void;
  routes(): Iterable<string>;
}

/** The one writer of a socket that has one peer, or drops by itself. */
export class Writer {
  readonly #socket: WritableSocket;
  readonly #failed: () => void;
  #queue: Buffer[][] = [];
  #busy = false;

  constructor(socket: WritableSocket, failed: () => void) {
    this.#socket = socket;
    this.#failed = failed;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  send(message: Buffer[]): void {
    this.#queue.push(message);
    if (!this.#busy) void this.#run();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      for (const message of batch) {
        if (this.#socket.closed) break;
        try {
          await this.#socket.send(message);
        } catch {
          if (!this.#socket.closed) this.#failed();
        }
      }
    }
    this.#busy = false;
  }
}

interface Route {
  readonly name: string;
  readonly queue: Buffer[];
  bytes: number;
}

/** The one writer of the ROUTER: each connection has a queue of its own, and one that takes nothing holds up no other. */
export class RouteWriter {
  readonly #router: WritableSocket;
  readonly #clock: Clock;
  readonly #events: RouteEvents;
  /** Connections with something to send. */
  readonly #routes = new Map<string, Route>();
  #ready: Route[] = [];
  #busy = false;
  #probing = false;

  constructor(router: WritableSocket, clock: Clock, events: RouteEvents) {
    this.#router = router;
    this.#clock = clock;
    this.#events = events;
  }

  send(name: string, frame: Buffer): void {
    let route = this.#routes.get(name);
    if (!route) {
      route = { name, queue: [], bytes: 0 };
      this.#routes.set(name, route);
      this.#ready.push(route);
    }
    route.queue.push(frame);
    route.bytes += frame.length;
    if (route.bytes > waitingBytes) this.#lose(route, 'it takes too little of what is sent to it');
    else if (!this.#busy) void this.#run();
  }

  stop(): void {
    this.#routes.clear();
    this.#ready = [];
  }

  async #run(): Promise<void> {
    this.#busy = true;
    for (let route = this.#ready.shift(); route && !this.#router.closed; route = this.#ready.shift()) {
      const frame = route.queue[0];
      if (!frame || this.#routes.get(route.name) !== route) continue;
      try {
        await this.#router.send([Buffer.from(route.name, 'latin1'), frame]);
        route.queue.shift();
        route.bytes -= frame.length;
        if (route.queue.length > 0) this.#ready.push(route);
        else if (this.#routes.get(route.name) === route) this.#routes.delete(route.name);
      } catch (error) {
        if (!this.#router.closed) this.#failed(route, error);
      }
    }
    this.#busy = false;
  }

  #failed(route: Route, error: unknown): void {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EAGAIN') return this.#lose(route, 'the connection is gone');
    this.#clock.after(patienceMs, () => {
      if (this.#routes.get(route.name) !== route) return;
      this.#ready.push(route);
      if (!this.#busy) void this.#run();
    });
  }

  #lose(route: Route, reason: string): void {
    this.#routes.delete(route.name);
    this.#events.unreachable(route.name, reason);
  }

  /** Some connection ended, and ZeroMQ does not tell whose: an empty frame, which means nothing, finds out. */
  probe(): void {
    if (this.#probing) return;
    this.#probing = true;
    this.#clock.after(probeMs, () => {
      this.#probing = false;
      if (this.#router.closed) return;
      for (const name of this.#events.routes()) this.send(name, Buffer.alloc(0));
    });
  }
}
