import test from 'ava';
import { sourceProblem } from '../../lib/sources/fetch-source.ts';
import { sourceComplaint } from '../../lib/sources/managed-source.ts';

test('sources: one of a kind that is not fetched, is named without its password, whatever state it is of', (t) => {
  const url = 'ftp://somebody:secret@files.example.org/x';
  for (const said of [
    sourceComplaint({ source: [{ url }] }),
    sourceProblem([url], { web: true }),
    sourceProblem([url]),
  ])
    t.regex(said ?? '', /^source ftp:\/\/files\.example\.org\/x is not supported/);
  t.is(sourceComplaint({ source: [{ url: 'https://somebody:secret@files.example.org/x' }] }), undefined);
});

test('sources: what nothing but TLS vouches for, may not come over http://', (t) => {
  t.is(sourceProblem(['https://example.org/x', 'salt://x', '/x'], { web: 'https' }), undefined);
  t.is(
    sourceProblem(['http://a:b@example.org/x'], { web: 'https' }),
    "source http://example.org/x comes over http://, and so may be anybody's: https:// or a path of the state tree (salt://...) is expected",
  );
  t.is(sourceProblem(['http://example.org/x'], { web: true }), undefined);
});
