/**
 * Longest return of a job that a minion sends, in characters of JSON: a state run of thousands of states with their diffs.
 * The master keeps what has at most 12 MiB.
 */
export const MOST_RETURN_CHARACTERS = 4 * 1024 * 1024;

/** What a minion tells of a run by its own schedule beside the return (arguments and metadata), in characters of JSON. */
export const MOST_RUN_CHARACTERS = 64 * 1024;
