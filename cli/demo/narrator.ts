import type { Clock } from '../../lib/clock.ts';
import { asText, isMap, type Json, type JsonMap } from '../../lib/json.ts';
import type { Colours } from '../output/colour.ts';
import type { Setting } from './settings.ts';
import type { Show } from './show.ts';
import { Progress, steps, type SeenEvent, type StepName } from './steps.ts';
import { newFilesIn, tellSample, tellStates } from './story.ts';

/** Tells the story of a demo from the events of the bus and from files read back. */
export class Narrator {
  private readonly progress = new Progress();
  private readonly refused = new Map<string, boolean>();
  private readonly show: Show;
  private readonly setting: Setting;
  private readonly colours: Colours;
  private readonly clock: Clock;
  /** State runs that were heard of, to be told with what they made. */
  private readonly untold: { readonly member: string; readonly states: Json }[] = [];
  /** When the last step was taken, by the clock that never jumps. */
  heardAt: number;

  constructor(show: Show, setting: Setting, colours: Colours, clock: Clock) {
    this.clock = clock;
    this.heardAt = clock.monotonic();
    this.show = show;
    this.setting = setting;
    this.colours = colours;
  }

  expect(member: string): void {
    this.progress.add(member);
  }

  expectRefusal(stranger: string): void {
    this.refused.set(stranger, false);
  }

  /** All members took all seven steps, and whoever nobody launched was refused. */
  get complete(): boolean {
    return this.progress.complete && this.untold.length === 0 && [...this.refused.values()].every(Boolean);
  }

  hear(heard: Json): void {
    const event = readEvent(heard);
    if (!event) return;
    for (const { name, memberOf } of steps) {
      const member = memberOf(event);
      // Where there is a Graphite, its files have the last word.
      if (name === 'stats' && this.setting.storedOf) continue;
      if (member === undefined || !this.tick(name, member)) continue;
      if (name === 'highstate') {
        this.untold.push({ member, states: event.data.return ?? null });
        continue;
      }
      this.show.step(name, member);
      if (name === 'stats') this.show.block(isMap(event.data.data) ? tellSample(event.data.data as JsonMap) : '');
    }
    this.hearOfStrangers(event);
    this.hearOfFailures(event);
  }

  /** Ticks what is to be seen on the machines themselves and in Graphite. */
  async readBack(): Promise<void> {
    for (let run = this.untold[0]; run; run = this.untold[0]) {
      await this.tellRun(run.member, run.states);
      this.untold.shift();
    }
    for (const member of this.progress.all) {
      if (!this.progress.has('hosts', member)) await this.readHosts(member);
      if (!this.progress.has('stats', member)) this.readStored(member);
    }
  }

  private async readHosts(member: string): Promise<void> {
    if (!this.progress.has('started', member)) return;
    const hosts = (await this.setting.readBack(member, 'etc/hosts')) ?? '';
    const names = new Set(hosts.split(/\s+/));
    if (!this.progress.all.every((other) => names.has(other)) || !this.tick('hosts', member)) return;
    this.show.step('hosts', member);
    this.show.block(hosts.trimEnd());
  }

  private readStored(member: string): void {
    const stored = this.setting.storedOf?.(member);
    if (stored === undefined || !this.tick('stats', member)) return;
    this.show.step('stats', member);
    this.show.block(stored);
  }

  get members(): readonly string[] {
    return this.progress.all;
  }

  summary(): void {
    this.show.summary(this.progress, this.refused);
  }

  private tick(name: StepName, member: string): boolean {
    if (!this.progress.tick(name, member)) return false;
    this.heardAt = this.clock.monotonic();
    return true;
  }

  private async tellRun(member: string, states: Json): Promise<void> {
    const files = newFilesIn(states).map(async (file) => [file, await this.setting.readBack(member, file)] as const);
    const texts = new Map(await Promise.all(files));
    this.show.step('highstate', member);
    this.show.block(tellStates(states, this.colours, (file) => texts.get(file)));
  }

  private hearOfStrangers({ tag, data }: SeenEvent): void {
    const { id } = data;
    if (typeof id !== 'string' || this.refused.get(id) !== false) return;
    if (tag !== 'salt/key' || data.act !== 'reject') return;
    this.refused.set(id, true);
    this.show.refused(id, 'was refused: the registry does not know it');
  }

  private hearOfFailures({ tag, data }: SeenEvent): void {
    if (/^tsalt\/instance\/[^/]+\/failed$/.test(tag))
      this.show.refused(asText(data.id), `failed: ${asText(data.reason)}`);
    if (/^tsalt\/reactor\/(failed|dead)$/.test(tag)) this.show.refused('reactor', JSON.stringify(data));
  }
}

function readEvent(value: Json): SeenEvent | undefined {
  if (!isMap(value) || typeof value.tag !== 'string' || !isMap(value.data)) return undefined;
  return { seq: Number(value.seq), tag: value.tag, data: value.data as JsonMap };
}
