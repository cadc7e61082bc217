import test from 'ava';
import { sourceProblem } from '../../lib/sources/fetch-source.ts';
import { sourceComplaint } from '../../states/file/source.ts';

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
