import { readFileSync } from 'node:fs';
import path from 'node:path';
import { requisiteKinds, requisiteSummaries } from '../../dist/states/engine/common.js';
import { code, table } from './markdown.mjs';

const fixture = path.resolve(import.meta.dirname, '..', '..', 'test', 'fixtures', 'salt', 'states.json');
/** What Salt answered, which tests hold tsalt to, state for state. */
const truth = new Map(JSON.parse(readFileSync(fixture, 'utf8')).truth.map(([, result]) => [result.__id__, result]));

const names = { C: 'changed', U: 'unchanged', F: 'failed', S: 'skipped' };
const columns = ['C', 'U', 'F', 'S', 'CU', 'CF', 'CS', 'UF', 'US', 'FS', 'CUFS'];

function outcome({ comment, result }) {
  if (comment === 'Success!') return 'runs';
  if (comment === 'Watch statement fired.') return 'runs, reacts';
  return result ? 'skipped' : 'fails';
}

/** From Salt's own answers to a tree with every combination. */
export default async () => `# Requisites

How states are tied to others. A target is \`- module: id or name\`, an id or name alone, or \`- sls: file\`; globs work. Who is named runs
before (but for \`listen\`, and \`prereq\`, where it runs after); a name that no state has, and states that wait for each other, are errors when the tree is compiled.
\`require_in\`, \`watch_in\`, \`prereq_in\`, \`onfail_in\`, \`onchanges_in\` and \`listen_in\` say the same from the other end.
\`use\` and \`use_in\` take over arguments that a state lacks, but for its name and its requisites.

${table(
  ['requisite', 'what it says'],
  requisiteKinds.map((kind) => [code(kind), requisiteSummaries[kind]]),
)}

## What a state does

By how the states that its requisite names have ended, one of them or several. *Skipped* is one that its own \`onfail\` or \`onchanges\`
kept from running. Each cell is Salt 3007's answer too, and a test (\`test/states-engine/salt.test.ts\`); states with two kinds of
requisites are compared there as well.

${table(
  [
    '',
    ...columns.map((column) =>
      column
        .split('')
        .map((one) => names[one])
        .join(' + '),
    ),
  ],
  requisiteKinds
    .filter((kind) => truth.has(`${kind}-C`))
    .map((kind) => [code(kind), ...columns.map((column) => outcome(truth.get(`${kind}-${column}`)))]),
)}

A state that fails by its requisites says so: "One or more requisite failed: file.id". In test mode what is planned counts as
changed and well, and what nobody can know yet makes what depends on it *unknown until run*.

Where tsalt answers otherwise than Salt, on purpose: a state whose \`prereq\` failed is failed (Salt reports what its test run said); what
would react to a change counts as something to come for a \`prereq\` (in Salt only sometimes); a \`prereq\` of a skipped state has nothing to
do (in Salt "Recursive requisite found"); in test mode a planned success is no failure for \`onfail\`.
`;
