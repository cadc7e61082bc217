/**
 * Why a text is no address of a repository, as a part of a sentence; undefined where it is one. What git would take for an
 * option or run as a command (`ext::`) is none, nor is what has a password in it: addresses are shown in logs and errors.
 */
export function whyNoAddress(text: string): string | undefined {
  if (text === '' || /[\p{Cc} ]/u.test(text)) return 'it is empty, or has a space or a control character in it';
  if (text.startsWith('-')) return "it begins with '-'";
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text) ?? [];
  if (scheme === undefined) {
    if (text.includes('::')) return 'programs that fetch in place of git are not run';
    const isPlace = text.startsWith('/') || /^[^/:@-][^/:@]*@[^/:-][^/:]*:.|^[^/:@-][^/:@]*:./.test(text);
    return isPlace
      ? undefined
      : 'it is no https, http, ssh, git or file address, no user@host:path, and no absolute path';
  }
  if (!['https', 'http', 'ssh', 'git', 'file'].includes(scheme.toLowerCase()))
    return `'${scheme}' is fetched from by nobody`;
  const [, who = '', host = ''] = /^[^:]+:\/\/(?:([^/@]*)@)?([^/]*)/.exec(text) ?? [];
  if (host.startsWith('-')) return "its host begins with '-'";
  const isToken = /^https?$/i.test(scheme) && who !== '';
  return who.includes(':') || isToken
    ? "it has a password or a token in it, which would be shown: put it into a file (http_header_file), or use a key ('privkey')"
    : undefined;
}
