import type { StateViewConfig } from '../../lib/config/options.ts';
import type { Option } from '../options.ts';

/** How the result of a state run is shown: the options of the config that have to do with it, by Salt's names. */
export type StateView = StateViewConfig;

/** As Salt shows it when nobody says otherwise. */
export const usualView: StateView = {
  state_output: 'full',
  state_verbose: true,
  state_output_diff: false,
  state_output_pct: false,
  state_output_profile: true,
  state_output_exclude: [],
  state_output_terse: [],
  state_tabular: false,
  state_compress_ids: false,
};

export const viewOptions = {
  'state-output': {
    value: 'FORM',
    help: 'how states are shown: full, terse, mixed, changes or filter, each also as FORM_id (default: `state_output`)',
  },
  'state-verbose': {
    value: 'true|false',
    help: 'whether states are shown that were right already (default: `state_verbose`)',
  },
} as const satisfies Record<string, Option>;

/** What these options say, as options of the config. */
export function viewFlags(given: { readonly [K in keyof typeof viewOptions]?: string | undefined }) {
  return {
    ...(given['state-output'] !== undefined && { state_output: given['state-output'] }),
    ...(given['state-verbose'] !== undefined && { state_verbose: given['state-verbose'] }),
  };
}
