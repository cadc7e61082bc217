import type { Clock } from '../lib/clock.ts';
import { asText, isMap, type Json } from '../lib/json.ts';
import type { Io } from './io.ts';
import { liveLine } from './live-line.ts';
import { numberOf, placeOf, seconds } from './progress.ts';

/** Shows on stderr where the state runs of a job are, as minions tell it now and then. */
export interface ExecProgress {
  /** What a minion told, as the control interface passes it on. */
  heard(id: string, told: Json): void;
  /** So many minions have the job. */
  begun(minions: number): void;
  ended(id: string): void;
  end(): void;
}

/** `asLines`: a line for each thing told; else one line, on a terminal only. */
export function execProgress(io: Io, clock: Clock, asLines: boolean): ExecProgress {
  const live = liveLine(io, clock);
  const began = clock.monotonic();
  const under = new Map<string, { readonly short: string; readonly long: string }>();
  let all = 0;
  let over = 0;

  function text(): string {
    const time = seconds(clock.monotonic() - began);
    const runs = [...under];
    const [first] = runs;
    if (all <= 1) return first ? `${first[0]} ${first[1].long} ${time}` : time;
    return `[${over}/${all} minions] ${time} ${runs.map(([id, { short, long }]) => `${id} ${runs.length === 1 ? long : short}`).join(', ')}`;
  }

  return {
    heard(id, told) {
      if (!isMap(told)) return;
      const place = { fun: asText(told['fun']), name: asText(told['name']) };
      const short = numberOf({ number: Number(told['number']), total: Number(told['total']) });
      const long = `[${short}] ${placeOf(place)}`;
      if (asLines) return io.err(`${id}: ${long}\n`);
      under.set(id, { short, long });
      live.show(text);
    },
    begun(minions) {
      all += minions;
    },
    ended(id) {
      under.delete(id);
      over++;
      if (under.size === 0) live.end();
      else live.clear();
    },
    end: () => live.end(),
  };
}
