/** The jobs that a command has published, and on whom they are not over yet. */
export interface Underway {
  begun(jid: string, minions: readonly string[]): void;
  over(jid: string, id: string): void;
  /** Every one that was published. */
  readonly all: readonly string[];
  /** Says which go on, and how to come back to them. `begin` is what the sentence starts with. */
  tell(begin: string, configDir: string | undefined): string;
}

export function underway(): Underway {
  const jobs = new Map<string, Set<string>>();
  return {
    begun: (jid, minions) => void jobs.set(jid, new Set(minions)),
    over: (jid, id) => void jobs.get(jid)?.delete(id),
    get all() {
      return [...jobs.keys()];
    },
    tell(begin, configDir) {
      const open = [...jobs].filter(([, minions]) => minions.size > 0).map(([jid]) => howToShow(jid, configDir));
      if (open.length === 0) return `${begin}; no job is under way\n`;
      if (open.length === 1) return `${begin}; the job goes on: ${open[0]}\n`;
      return `${begin}; these jobs go on:\n${open.map((line) => `  ${line}\n`).join('')}`;
    },
  };
}

function howToShow(jid: string, configDir: string | undefined): string {
  return `tsalt run jobs.show ${jid}${configDir === undefined ? '' : ` --config-dir ${configDir}`}`;
}
