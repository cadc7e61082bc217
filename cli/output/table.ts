import { isMap } from '../../lib/json.ts';
import { isStateRun } from './highstate.ts';

/** Rows under headings, columns as wide as they need to be: a state run, a list of maps, or keys and values. */
export function table(value: unknown): string {
  if (isStateRun(value)) {
    const rows = Object.entries(value).map(([key, { result, changes, duration, comment }]) => {
      const [module = '', id = '', , fun = ''] = key.split('_|-');
      const outcome =
        result === null ? 'would change' : !result ? 'failed' : Object.keys(changes).length > 0 ? 'changed' : 'right';
      return [outcome, `${module}.${fun}`, id, `${duration} ms`, comment.split('\n')[0] ?? ''];
    });
    return columns(['RESULT', 'FUNCTION', 'ID', 'TIME', 'COMMENT'], rows);
  }
  if (Array.isArray(value) && value.length > 0 && value.every(isMap)) {
    const names = [...new Set(value.flatMap((row) => Object.keys(row)))];
    return columns(
      names.map((name) => name.toUpperCase()),
      value.map((row) => names.map((name) => cell(row[name]))),
    );
  }
  if (Array.isArray(value)) return value.map((item) => `${cell(item)}\n`).join('');
  if (isMap(value))
    return columns(
      [],
      Object.entries(value).map(([key, inner]) => [key, cell(inner)]),
    );
  return `${cell(value)}\n`;
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '-';
  return typeof value === 'string' ? value.replaceAll('\n', ' ') : JSON.stringify(value);
}

function columns(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = head.length > 0 ? [head, ...rows] : rows;
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map(
      (row) =>
        `${row
          .map((text, column) => text.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
