import { posix } from 'node:path';
import { text, type Helpers } from './definition.ts';

const one = { takes: 'a path', args: [1, 1] } as const;

export const paths = (): Helpers => ({
  basename: {
    summary: 'The last part of a path; without an `ending` if it has that.',
    ...one,
    named: ['ending'],
    jinja: "salt['file.basename'](x)",
    example: '{{basename "/etc/nginx/nginx.conf"}} {{basename "a.conf" ending=".conf"}}',
    gives: 'nginx.conf a',
    call: ([of], { ending = '' }) => posix.basename(text(of), text(ending)),
  },
  dirname: {
    summary: 'A path without its last part.',
    ...one,
    jinja: "salt['file.dirname'](x)",
    example: '{{dirname "/etc/nginx/nginx.conf"}}',
    gives: '/etc/nginx',
    call: ([of]) => posix.dirname(text(of)),
  },
  extname: {
    summary: 'The ending of a path, with its point.',
    ...one,
    jinja: "x.split('.')[-1]",
    example: '{{extname "nginx.conf"}}',
    gives: '.conf',
    call: ([of]) => posix.extname(text(of)),
  },
  path_join: {
    summary: 'Parts as one path, with one slash between them.',
    takes: 'texts',
    args: [1, 100],
    jinja: "x | path_join('a', 'b')",
    example: '{{path_join "/srv/" "www" id}}',
    gives: '/srv/www/web1',
    call: (args) => posix.join(...args.map(text)),
  },
});
