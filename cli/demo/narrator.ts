import { asText, isMap, type Json, type JsonMap } from '../../lib/json.ts';
import type { Setting } from './settings.ts';
import type { Show } from './show.ts';
import { Progress, steps, type SeenEvent } from './steps.ts';

/** Tells the story of a demo from the events of the bus and from files read back. */
export class Narrator {
  private readonly progress = new Progress();
  private readonly refused = new Map<string, boolean>();
  private readonly show: Show;
  private readonly setting: Setting;
  private readonly printStates: (id: string, states: Json) => string;

  constructor(show: Show, setting: Setting, printStates: (id: string, states: Json) => string) {
    this.show = show;
    this.setting = setting;
    this.printStates = printStates;
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
      if (member === undefined || !this.progress.tick(name, member)) continue;
      this.show.step(name, member);
      if (name === 'highstate') this.show.block(this.printStates(member, event.data.return ?? null));
      if (name === 'stats') this.show.block(describeSample(event.data));
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
      if (!members.every((other) => names.has(other)) || !this.progress.tick('hosts', member)) continue;
      this.show.step('hosts', member);
      this.show.block((hosts ?? '').trimEnd());
    }
  }

  summary(): void {
    this.show.summary(this.progress, this.refused);
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

function describeSample({ data }: JsonMap): string {
  return JSON.stringify(data).slice(0, 160);
}
