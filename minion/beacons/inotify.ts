import type { ParametersOf } from '../../lib/beacons/parameters.ts';
import type { Beacon } from '../../lib/contracts/beacon.ts';
import { watchedPlace } from './watched-place.ts';

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
    const places = Object.entries(files).map(([path, options]) => watchedPlace(path, options ?? {}, context));
    return {
      look: () => places.flatMap((place) => place.changes()),
      close: () => places.forEach((place) => place.close()),
    };
  },
};

export default inotify;
