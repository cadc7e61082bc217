/** A table of rows of cells. */
export function table(heads, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('\n', ' ').replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), `|${'---|'.repeat(heads.length)}`, ...rows.map(line)].join('\n');
}

export const code = (text) => `\`${text}\``;

export const fenced = (language, text) => `\`\`\`${language}\n${text.trim()}\n\`\`\``;

/** A sentence as it stands alone: with a capital and a full stop. */
export const sentence = (text) => `${text[0]?.toUpperCase()}${text.slice(1)}`.replace(/[^.]$/, '$&.');
