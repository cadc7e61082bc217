/* Options of Salt's commands that are not here, by long name or letter, and what to do in their place: the error says so. */

const operators = "operators have keys in place of passwords: 'tsalt operator --help'";
const toFile = 'the shell writes it: tsalt ... > FILE';
const colours = 'colours are for terminals; NO_COLOR=1 in the environment turns them off';
const silence = 'a minion without an answer is always named, with the reason, on standard error';
const doc = 'sys.doc FUNCTION on a minion tells what it takes: tsalt TARGET sys.doc test.ping';

/** Of `salt`. */
export const absentExecOptions: Readonly<Record<string, string>> = {
  auth: operators,
  a: operators,
  eauth: operators,
  'make-token': operators,
  T: operators,
  username: operators,
  password: operators,
  doc,
  d: doc,
  'out-file': toFile,
  'output-file': toFile,
  'out-file-append': toFile,
  'out-indent': '--out json is indented by four',
  'no-color': colours,
  'no-colour': colours,
  'force-color': colours,
  'force-colour': colours,
  'show-timeout': silence,
  'hide-timeout': silence,
  'gather-job-timeout':
    "the master knows who is connected, and asks nobody: '--timeout' is how long a minion has to take the job",
  range: "-C, or a nodegroup of the master's config (-N)",
  R: "-C, or a nodegroup of the master's config (-N)",
  'no-parse': 'quotes within the word keep it text: \'"1.20"\'',
  'kwarg-parse': 'name=value is read as YAML',
  'log-level': 'nothing is logged here; what is amiss is on standard error',
  l: 'nothing is logged here; what is amiss is on standard error',
};

/** Of `salt-key`. */
export const absentKeyOptions: Readonly<Record<string, string>> = {
  list: 'tsalt key list',
  l: 'tsalt key list',
  'list-all': 'tsalt key list',
  L: 'tsalt key list',
  accept: 'tsalt key accept ID',
  a: 'tsalt key accept ID',
  'accept-all': 'tsalt key accept --all',
  A: 'tsalt key accept --all',
  reject: 'tsalt key reject ID',
  r: 'tsalt key reject ID',
  'reject-all': 'tsalt key reject --all',
  R: 'tsalt key reject --all',
  delete: 'tsalt key delete ID',
  d: 'tsalt key delete ID',
  'delete-all': 'tsalt key delete --all',
  D: 'tsalt key delete --all',
  finger: 'tsalt key finger ID',
  f: 'tsalt key finger ID',
  'finger-all': 'tsalt key finger',
  F: 'tsalt key finger',
};
