import type { ParametersOf } from '../../lib/beacons/parameters.ts';
import type { Beacon, BeaconEvent } from '../../lib/contracts/beacon.ts';
import { watchedPlace, type WatchedPlace } from './watched-place.ts';

const inotify: Beacon<ParametersOf<'inotify'>> = {
  summary:
    'Something has changed in a directory, or a file has. What a state run itself wrote is not told. `recurse`: in the directories below it, too; `auto_add`: also in those that are made later; `exclude`: but not at these paths.',
  example: `
beacons:
  inotify:
    - files:
        /etc/ssh/sshd_config: {}
        /srv/www:
          mask: [create, delete, modify, moved_to]
          recurse: true
          auto_add: true
          exclude:
            - /srv/www/cache
            - '\\.sw[px]$': {regex: true}
`,
  data: '{path: /etc/ssh/sshd_config, change: IN_MODIFY}',
  start({ files }, context) {
    const places: WatchedPlace[] = [];
    const close = (): void => places.forEach((place) => place.close());
    try {
      for (const [path, options] of Object.entries(files)) places.push(watchedPlace(path, options ?? {}, context));
    } catch (thrown) {
      close();
      throw thrown;
    }
    /** What keeps some place from watching; what others have to tell is told first. */
    const failures: unknown[] = [];

    function changesOf(place: WatchedPlace): readonly BeaconEvent[] {
      try {
        return place.changes();
      } catch (thrown) {
        failures.push(thrown);
        return [];
      }
    }

    return {
      look() {
        const events = failures.length > 0 ? [] : places.flatMap(changesOf);
        if (failures.length > 0 && events.length === 0) throw failures.splice(0)[0];
        return events;
      },
      close,
    };
  },
};

export default inotify;
