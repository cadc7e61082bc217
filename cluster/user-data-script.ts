/** Where the token lies until the minion is accepted. */
export const tokenFile = '/etc/tsalt/enrolment_token';

/** What stands in the script: all of it is checked to be harmless in single quotes, but for the configs. */
export interface Settings {
  readonly id: string;
  readonly role: 'minion' | 'master';
  readonly version: string;
  readonly bundlesFrom: string;
  readonly bundles: { readonly x64: string; readonly arm64: string };
  readonly token: string;
  readonly minionConfig: string;
  readonly masterConfig: string;
}

/** The script, in the shell that every distribution has, with no tool but those that come with cloud-init. */
export function script(settings: Settings): string {
  const { id, role, version, bundlesFrom, bundles, token } = settings;
  return [
    `#!/bin/sh
# Made by tsalt: what ${id} does at its first boot. Run again it does nothing that is done.
set -eu
umask 077
id='${id}'
role='${role}'
version='${version}'
from='${bundlesFrom}'
x64='${bundles.x64}'
arm64='${bundles.arm64}'
`,
    functions,
    install,
    token === '' ? '' : put('0600', tokenFile, `${token}\n`),
    put('0644', '/etc/tsalt/minion.d/user-data.conf', settings.minionConfig),
    role === 'minion' ? `"$home/install.sh" minion\n` : masterScript(settings.masterConfig),
    `echo "$sum" >"$done"
say "$id is installed"
`,
  ].join('');
}

const functions = `
# As with make: do it all under another root, and start nothing.
root=\${DESTDIR:-}
done=$root/var/lib/tsalt/user-data.done

say() { echo "tsalt: $*" >&2; }

die() {
  say "$*"
  exit 1
}

# put MODE FILE: writes what comes in, whole or not at all.
put() {
  (umask 022 && mkdir -p "\${2%/*}")
  cat >"$2.new"
  chmod "$1" "$2.new"
  mv "$2.new" "$2"
}

# retry COMMAND...: until it succeeds, with growing waits, for half an hour.
retry() {
  wait=1
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    [ "$tries" -lt 35 ] || die "gave up: $1"
    sleep "$wait"
    wait=$((wait * 2))
    [ "$wait" -le 60 ] || wait=60
  done
}

# fetch URL FILE: by whatever the image brought.
fetch() {
  if command -v curl >/dev/null; then
    curl -fsS --connect-timeout 10 --max-time 900 -o "$2" "$1"
  elif command -v wget >/dev/null; then
    wget -q -T 30 -O "$2" "$1"
  else
    python3 -c 'import shutil, sys, urllib.request
with urllib.request.urlopen(sys.argv[1], timeout=30) as page, open(sys.argv[2], "wb") as file:
    shutil.copyfileobj(page, file)' "$1" "$2"
  fi
}
`;

const install = `
case $(uname -m) in
x86_64 | amd64) arch=x64 sum=$x64 ;;
aarch64 | arm64) arch=arm64 sum=$arm64 ;;
*) sum= ;;
esac
[ -n "$sum" ] || die "there is no bundle for $(uname -m)"
if [ "$(cat "$done" 2>/dev/null)" = "$sum" ]; then
  say "$id is installed already"
  exit 0
fi

download() {
  if fetch "$from/$sum.tar.gz" "$new/bundle" && [ "$(sha256sum <"$new/bundle")" = "$sum  -" ]; then return 0; fi
  say "$from/$sum.tar.gz could not be fetched whole, trying again"
  return 1
}

home=$root/opt/tsalt/$version-$(echo "$sum" | cut -c1-12)
if [ ! -e "$home/.complete" ]; then
  (umask 022 && mkdir -p "$root/opt/tsalt" "$root/var/lib/tsalt/bundles")
  rm -rf "$root"/opt/tsalt/.new.*
  new=$(mktemp -d "$root/opt/tsalt/.new.XXXXXX")
  trap 'rm -rf "$new"' EXIT
  retry download
  mkdir "$new/tree"
  tar -xzpf "$new/bundle" --no-same-owner -C "$new/tree"
  chmod 755 "$new/tree"
  : >"$new/tree/.complete"
  if [ "$role" = master ]; then
    # It gives this very file to the machines it launches.
    chmod 644 "$new/bundle"
    mv "$new/bundle" "$root/var/lib/tsalt/bundles/$sum.tar.gz"
    printf '{"version":"%s","bundles":{"%s":"%s"}}\\n' "$version" "$arch" "$sum" |
      put 0644 "$root/var/lib/tsalt/bundles/bundles.json"
  fi
  rm -rf "$home"
  mv "$new/tree" "$home"
fi
`;

function masterScript(config: string): string {
  return `${put('0644', '/etc/tsalt/master.d/user-data.conf', config)}"$home/install.sh" master

# The master makes its key when it first starts.
key=
own_key() {
  key=$("$home/bin/tsalt" key finger --master | grep -o 'tsalt1[.][A-Za-z0-9._-]*' | head -n 1)
  [ -n "$key" ]
}
retry own_key
echo "master_key: \\"$key\\"" | put 0644 "$root/etc/tsalt/minion.d/master-key.conf"
"$home/install.sh" minion
# Accepted now, or by an earlier run.
accept() {
  "$home/bin/tsalt" key accept "$id" || "$home/bin/tsalt" exec "$id" test.ping
}
retry accept >&2
"$home/bin/tsalt" call --local state.apply || die "the states of this machine did not all succeed"
`;
}

/** A line that writes a file: its text stands in the script as it is. */
function put(mode: string, file: string, text: string): string {
  let end = 'END';
  while (text.split('\n').includes(end)) end += '_';
  return `put ${mode} "$root${file}" <<'${end}'\n${text}${end}\n`;
}
