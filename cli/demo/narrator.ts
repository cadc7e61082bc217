import type { Clock } from '../../lib/clock.ts';
import { asText, isMap, type Json, type JsonMap } from '../../lib/json.ts';
import type { Colours } from '../output/colour.ts';
import type { Setting } from './settings.ts';
import type { Show } from './show.ts';
import { Progress, steps, type SeenEvent, type StepName } from './steps.ts';
import { tellSample, tellStates } from './story.ts';

/** Tells the story of a demo from the events of the bus and from files read back. */
export class Narrator {
  private readonly progress = new Progress();
  private readonly refused = new Map<string, boolean>();
  private readonly show: Show;
  private readonly setting: Setting;
  private readonly colours: Colours;
  private readonly clock: Clock;
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
    return this.progress.complete && [...this.refused.values()].every(Boolean);
  }

  hear(heard: Json): void {
    const event = readEvent(heard);
    if (!event) return;
    for (const { name, memberOf } of steps) {
      const member = memberOf(event);
      if (member === undefined || !this.tick(name, member)) continue;
      this.show.step(name, member);
      if (name === 'highstate') this.show.block(this.statesOf(member, event.data.return ?? null));
      if (name === 'stats') this.show.block(isMap(event.data.data) ? tellSample(event.data.data as JsonMap) : '');
    }
    this.hearOfStrangers(event);
    this.hearOfFailures(event);
  }

  /** Ticks the hosts entries by reading each member's own hosts file. */
  readBack(): void {
    const members = this.progress.all;
    for (const member of members) {
      if (this.progress.has('hosts', member)) continue;
      const hosts = this.setting.readBack(member, 'etc/hosts');
      const names = new Set((hosts ?? '').split(/\s+/));
      if (!members.every((other) => names.has(other)) || !this.tick('hosts', member)) continue;
      this.show.step('hosts', member);
      this.show.block((hosts ?? '').trimEnd());
    }
  }

  summary(): void {
    this.show.summary(this.progress, this.refused);
  }

  private tick(name: StepName, member: string): boolean {
    if (!this.progress.tick(name, member)) return false;
    this.heardAt = this.clock.monotonic();
    return true;
  }

  private statesOf(member: string, states: Json): string {
    return tellStates(states, this.colours, (file) => this.setting.readBack(member, file));
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
