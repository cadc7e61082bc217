import { backoff } from '../lib/backoff.ts';
import { sleep } from '../lib/clock.ts';
import { messageOf } from '../lib/errors/error.ts';
import type { JsonMap } from '../lib/json.ts';
import { Attempt } from './attempt.ts';
import { Counters } from './counters.ts';
import { SeenJobs } from './inbox.ts';
import { Questions } from './questions.ts';
import type { ConnectLimits, ConnectOptions, MinionHandlers, MinionLink, MinionLinkState, UpItem } from './types.ts';

const defaults: ConnectLimits = {
  retryFirstMs: 200,
  retryLongestMs: 5000,
  askAgainMs: 60_000,
  handshakeMs: 15_000,
  window: 1000,
  questions: 32,
};

/** Connects to the master and stays connected, for ever trying again. Returns at once; `changed` tells how it goes. */
export function connect(options: ConnectOptions, handlers: MinionHandlers): MinionLink {
  return new Connector(options, handlers);
}

class Connector implements MinionLink {
  state: MinionLinkState = { state: 'connecting' };
  readonly #options: ConnectOptions;
  readonly #handlers: MinionHandlers;
  readonly #limits: ConnectLimits;
  readonly #counters = new Counters();
  readonly #questions: Questions;
  readonly #seen = new SeenJobs();
  readonly #running: Promise<void>;
  #attempt: Attempt | undefined;
  #stopped = false;
  #wake: () => void = () => {};

  constructor(options: ConnectOptions, handlers: MinionHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#limits = { ...defaults, ...options.limits };
    this.#questions = new Questions(options.clock, this.#limits.questions);
    this.#running = this.#run();
  }

  send(item: UpItem): boolean {
    return this.#attempt?.outlet?.take(item) ?? false;
  }

  async ask(question: string, body: JsonMap, timeoutMs = 30_000): Promise<JsonMap> {
    const { state } = this.state;
    return this.#questions.ask(question, body, timeoutMs, 'reason' in this.state ? this.state.reason : state);
  }

  stats(): Record<string, number> {
    return this.#counters.all();
  }

  renew(reason: string): void {
    this.#attempt?.finish({ state: 'lost', reason }, true);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#attempt?.finish({ state: 'lost', reason: 'the minion stops' }, true);
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { retryFirstMs, retryLongestMs, askAgainMs } = this.#limits;
    const soon = backoff(retryFirstMs, retryLongestMs);
    const late = backoff(retryLongestMs, askAgainMs);
    // Between two attempts there is no socket, and the clock's timers keep no process alive.
    const alive = setInterval(() => {}, 2 ** 30);
    // Whoever called `connect` has the link in hand before it is told anything.
    await Promise.resolve();
    for (let turn = 0; !this.#stopped; turn++) {
      this.#changed({ state: 'connecting' });
      this.#counters.add('attempts');
      const attempt = new Attempt({
        options: this.#options,
        limits: this.#limits,
        handlers: this.#handlers,
        counters: this.#counters,
        questions: this.#questions,
        seen: this.#seen,
        turn,
        changed: (state) => {
          if (state.state === 'accept') {
            soon.reset();
            late.reset();
          }
          this.#changed(state);
        },
      });
      this.#attempt = attempt;
      void attempt.start();
      const { state, reason } = await attempt.over;
      this.#attempt = undefined;
      this.#changed({ state, reason });
      if (!this.#stopped) await this.#pause(state === 'lost' ? soon.next() : late.next());
    }
    clearInterval(alive);
  }

  #pause(ms: number): Promise<void> {
    return Promise.race([sleep(this.#options.clock, ms), new Promise<void>((resolve) => (this.#wake = resolve))]);
  }

  #changed(state: MinionLinkState): void {
    this.state = state;
    try {
      this.#handlers.changed(state);
    } catch (error) {
      this.#options.log('error', 'a change of the link could not be handled', { reason: messageOf(error) });
    }
  }
}
