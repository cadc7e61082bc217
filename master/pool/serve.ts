import type { Json } from '../../lib/json.ts';
import { channel, type Channel } from './channel.ts';

/** What a child says first. */
export const readyMessage = 'ready';

/** The child's side of `startChild`: answers the master until that goes away. */
export function serve(answer: (what: string, of: Json) => Promise<Json | undefined>): Channel {
  const peer = channel((message) => void process.send?.(message), answer);
  process.on('message', (message) => peer.receive(message));
  process.on('disconnect', () => process.exit(0));
  // With what is to be done at an exit: the commands that it runs end with it.
  process.on('SIGTERM', () => process.exit(0));
  // The master decides when a child ends, also when a terminal's Ctrl-C goes to both.
  process.on('SIGINT', () => {});
  process.send?.(readyMessage);
  return peer;
}
