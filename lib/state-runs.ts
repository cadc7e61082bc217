/** Functions that run states: one at a time on a minion, and their return is that of a state run. */
export function isStateRun(fun: string): boolean {
  return /^state\.(apply|highstate|sls|sls_id|single|top|low|high|template|template_str|test)$/.test(fun);
}
