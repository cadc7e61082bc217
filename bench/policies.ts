import { basename } from 'node:path';

/** A file that is to be there, with mode 0644. */
export interface WantedFile {
  readonly path: string;
  readonly content: string;
}

/** The same files in the language of each contender. */
type Policy = (files: readonly WantedFile[]) => string;

export const stateFile: Policy = (files) =>
  files
    .map(({ path, content }) => {
      const indented = content.replace(/^(?=.)/gm, '        ');
      return `${path}:\n  file.managed:\n    - mode: '0644'\n    - contents: |\n${indented}`;
    })
    .join('\n');

export const puppetManifest: Policy = (files) =>
  files
    .map(({ path, content }) => `file { '${path}': ensure => file, mode => '0644', content => "${content}" }\n`)
    .join('');

/** Each made from one template with a name of its own: that of Handlebars, Jinja and Mustache alike. */
export const template = '# {{name}}\nlisten = 8080\nname = {{name}}\nworkers = 4\nlog = yes\n';

export const templatedStates =
  (engine: 'handlebars' | 'jinja'): Policy =>
  (files) =>
    files
      .map(({ path }) => {
        const source = `    - source: salt://file.tmpl\n    - template: ${engine}\n`;
        return `${path}:\n  file.managed:\n    - mode: '0644'\n${source}    - context: {name: ${basename(path)}}\n`;
      })
      .join('\n');

/** `template` is the path of the same one in Puppet's own language. */
export const templatedManifest =
  (file: string): Policy =>
  (files) =>
    files
      .map(({ path }) => {
        const content = `epp('${file}', {'name' => '${basename(path)}'})`;
        return `file { '${path}': ensure => file, mode => '0644', content => ${content} }\n`;
      })
      .join('');

/** Puppet's own language for the template. */
export const eppOf = (text: string): string => `<%- | $name | -%>\n${text.replaceAll('{{name}}', '<%= $name %>')}`;

export const templatedPolicy =
  (file: string): Policy =>
  (files) => {
    const promises = files.map(
      ({ path }) =>
        `    "${path}" create => "true", perms => mode644, template_method => "mustache", edit_template => "${file}", template_data => parsejson('{"name": "${basename(path)}"}');\n`,
    );
    return cfengineBundle(promises);
  };

/** Facts are not gathered: nobody asks for them. */
export const ansiblePlaybook: Policy = (files) => {
  // JSON is YAML.
  const tasks = files.map(({ path, content }) => ({ copy: { dest: path, content, mode: '0644' } }));
  return JSON.stringify([{ hosts: 'localhost', connection: 'local', gather_facts: false, tasks }]);
};

export const cfenginePolicy: Policy = (files) => {
  const promises = files.map(
    ({ path, content }) => `    "${path}" create => "true", perms => mode644, content => "${content}";\n`,
  );
  return cfengineBundle(promises);
};

function cfengineBundle(promises: readonly string[]): string {
  return `body common control { bundlesequence => { "main" }; }
body perms mode644 { mode => "0644"; }
bundle agent main {
  files:
${promises.join('')}}
`;
}

/** Bare Node that knows nothing and makes each file with the fewest calls that never leave half of one: what the disk takes. */
export const bareCalls: Policy = (files) => `'use strict';
const fs = require('node:fs');
for (const { path, content } of ${JSON.stringify(files)}) {
  const fd = fs.openSync(path + '.new', 'wx', 0o600);
  fs.writeSync(fd, content);
  fs.fchmodSync(fd, 0o644);
  fs.closeSync(fd);
  fs.renameSync(path + '.new', path);
}
`;
