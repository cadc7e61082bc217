import type { Context, Dealer, Router, Subscriber, XPublisher } from 'zeromq';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors/error.ts';
import { wireErrors } from '../lib/errors/wire.ts';
import { messageLimits } from './gate.ts';
import { generateCurveKeys, type CurveKeys } from './keys.ts';
import { RouteWriter, Writer } from './writers.ts';
import { z85 } from './z85.ts';

/*
 * The only file that knows ZeroMQ. It is loaded with the first socket. Each socket has one reader and one writer, since
 * two sends at a time on one socket are an error.
 */

export interface MasterSocketEvents {
  /** A frame came in over the connection of that name; a name lives as long as its connection. */
  received(route: string, frame: Buffer): void;
  /** Somebody wants what is published under this topic: true lets it. */
  subscribing(topic: Buffer): boolean;
  /** The connection is gone, or takes nothing while more than it may waits. */
  unreachable(route: string, reason: string): void;
  /** The connections that anybody cares for. */
  routes(): Iterable<string>;
  count(name: string): void;
}

export interface MasterSockets {
  readonly ports: { readonly publish: number; readonly request: number };
  send(route: string, frame: Buffer): void;
  publish(topic: Buffer, frame: Buffer): void;
  stop(): Promise<void>;
}

export interface MasterSocketOptions {
  readonly interface: string;
  readonly publishPort: number;
  readonly requestPort: number;
  readonly curve: CurveKeys;
  readonly clock: Clock;
}

export type OpenMasterSockets = (options: MasterSocketOptions, events: MasterSocketEvents) => Promise<MasterSockets>;

const common = {
  linger: 100,
  maxMessageSize: messageLimits.bytes + 4096,
  handshakeInterval: 3000,
  // The kernel ends a dead connection (tcp(7); s, s, and ms for what is not acknowledged). Not ZeroMQ's own heartbeats: their
  // timer aborts the process when a connection was reset that had sent more than was read (libzmq 4.3.5, issue 4841).
  tcpKeepalive: 1,
  tcpKeepaliveIdle: 5,
  tcpKeepaliveInterval: 5,
  tcpKeepaliveCount: 3,
  tcpMaxRetransmitTimeout: 20_000,
} as const;

let loading: Promise<{ zmq: typeof import('zeromq'); context: Context }> | undefined;

function load() {
  return (loading ??= import('zeromq').then((zmq) => ({
    zmq,
    // Not blocky: an unsent message keeps no process alive.
    context: new zmq.Context({ blocky: false, maxSockets: 8192 }),
  })));
}

/** Binds both ports. Raises `TS_WIRE_CANNOT_BIND`. */
export const openMasterSockets: OpenMasterSockets = async (options, events) => {
  const { zmq, context } = await load();
  const server = {
    ...common,
    context,
    ipv6: options.interface.includes(':'),
    curveServer: true,
    curveSecretKey: z85(options.curve.secretKey),
  };
  class Publishing extends zmq.XPublisher {
    /** ZMQ_SUBSCRIBE on a manual XPUB: grants what the last received subscription asked for. */
    grant(topic: Buffer): void {
      this.setStringOption(6, topic);
    }
  }
  const publisher = new Publishing({ ...server, manual: true, verbosity: 'allSubs' });
  const router = new zmq.Router({ ...server, mandatory: true, handover: false, sendTimeout: 0 });
  try {
    await bind(publisher, options.interface, options.publishPort);
    await bind(router, options.interface, options.requestPort);
  } catch (error) {
    publisher.close();
    router.close();
    throw error;
  }
  const routes = new RouteWriter(router, options.clock, events);
  const publishing = new Writer(publisher, () => events.count('publish.failed'));
  router.events.on('disconnect', () => routes.probe());
  void readAll(publisher, ([message]) => {
    if (message?.[0] !== 1) return;
    const topic = Buffer.from(message.subarray(1));
    if (events.subscribing(topic)) publisher.grant(topic);
    else events.count('refused.subscription');
  });
  void readAll(router, (parts) => {
    const [route, frame] = parts;
    if (parts.length === 2 && route && frame) events.received(route.toString('latin1'), frame);
    else events.count('refused.malformed');
  });
  return {
    ports: { publish: portOf(publisher), request: portOf(router) },
    send: (route, frame) => routes.send(route, frame),
    publish(topic, frame) {
      // Beyond that it would be dropped a step later anyway: whoever misses it catches up.
      if (publishing.waiting < 100_000) publishing.send([topic, frame]);
      else events.count('publish.dropped');
    },
    async stop() {
      routes.stop();
      publisher.close();
      router.close();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
};

async function bind(socket: Router | XPublisher, host: string, port: number): Promise<void> {
  const address = `tcp://${host.includes(':') ? `[${host}]` : host}:${port === 0 ? '*' : port}`;
  try {
    await socket.bind(address);
  } catch (cause) {
    const reason = messageOf(cause);
    const isTaken = /already in use/.test(reason);
    const hint = isTaken ? 'another program has this port: another master, or one that still ends?' : undefined;
    throw wireErrors.cannotBind({ address, reason }, { cause, hint });
  }
}

function portOf(socket: Router | XPublisher): number {
  return Number(/:(\d+)$/.exec(socket.lastEndpoint ?? '')?.[1]);
}

/** Reads until the socket is closed, giving other work its turn. */
async function readAll(socket: Router | XPublisher | Dealer | Subscriber, take: (parts: Buffer[]) => void) {
  let turn = performance.now();
  try {
    for await (const parts of socket) {
      take(parts);
      if (performance.now() - turn > 5) {
        await new Promise((resolve) => setImmediate(resolve));
        turn = performance.now();
      }
    }
  } catch (error) {
    if (!socket.closed) throw error;
  }
}

export interface MinionSocketEvents {
  received(frame: Buffer): void;
  published(frame: Buffer): void;
  /** The connection to the request port has ended, or never came about. */
  ended(reason: string): void;
}

export interface MinionSockets {
  send(frame: Buffer): void;
  /** Listens to one topic on the master's publish port. */
  subscribe(port: number, topic: Buffer): void;
  stop(): void;
}

/** Begins to connect to the master's request port. `address` is a numeric one: names are resolved at each attempt. */
export async function openMinionSockets(
  address: string,
  port: number,
  serverKey: Buffer,
  events: MinionSocketEvents,
): Promise<MinionSockets> {
  const { zmq, context } = await load();
  const own = generateCurveKeys();
  const host = address.includes(':') ? `[${address}]` : address;
  const client = {
    ...common,
    context,
    ipv6: address.includes(':'),
    curveServerKey: z85(serverKey),
    curvePublicKey: z85(own.publicKey),
    curveSecretKey: z85(own.secretKey),
  };
  // It never reconnects by itself: what a new connection means is the session's business.
  const dealer = new zmq.Dealer({ ...client, immediate: true, reconnectInterval: -1 });
  let subscriber: Subscriber | undefined;
  const writer = new Writer(dealer, () => events.ended('sending failed'));
  dealer.events.on('close', () => events.ended('the master cannot be reached'));
  dealer.events.on('disconnect', () => events.ended('the connection was cut'));
  const strange = () => events.ended('there is no master there that holds the key in master_key');
  dealer.events.on('handshake:error:protocol', strange);
  dealer.events.on('handshake:error:auth', strange);
  dealer.events.on('handshake:error:other', ({ error: { code } }) => {
    // Its time is over (`handshakeInterval`): a master that is stopped, say. Who can't read what we wrote hangs up.
    if (code === 'EAGAIN') events.ended('the master does not answer');
    else strange();
  });
  dealer.connect(`tcp://${host}:${port}`);
  void readAll(dealer, ([frame]) => frame && frame.length > 0 && events.received(frame));
  return {
    send: (frame) => writer.send([frame]),
    subscribe(publishPort, topic) {
      subscriber = new zmq.Subscriber({ ...client, reconnectInterval: 100, reconnectMaxInterval: 2000 });
      subscriber.subscribe(topic);
      subscriber.connect(`tcp://${host}:${publishPort}`);
      void readAll(subscriber, ([, frame]) => frame && events.published(frame));
    },
    stop() {
      dealer.close();
      subscriber?.close();
    },
  };
}
