#!/bin/sh
# usage: install.sh [minion] [master]
# Makes the bundle that this file is in the one that runs here, and starts the services that are named.
# DESTDIR: install under another root and start nothing.
set -eu
umask 022

here=$(cd "$(dirname "$0")" && pwd -P)
root=${DESTDIR:-}

say() { echo "tsalt: $*" >&2; }

for role in "$@"; do
  case $role in
  minion | master) ;;
  *)
    say "there is no role '$role'; there are minion and master"
    exit 2
    ;;
  esac
done

mkdir -p "$root/opt/tsalt" "$root/usr/local/bin" "$root/etc/tsalt" "$root/etc/systemd/system"
versions=$(cd "$root/opt/tsalt" && pwd -P)

version_of() { sed -n 's/^ *"version": *"\([A-Za-z0-9.+-]*\)".*/\1/p' "$1/package.json" | head -n 1; }

# Each version has a directory of its own, named by version and content, and marked once it is whole.
if [ "${here%/*}" != "$versions" ]; then
  sum=$(cd "$here" && find . -type f ! -name .complete -exec sha256sum {} + | LC_ALL=C sort | sha256sum | cut -c1-12)
  home=$versions/$(version_of "$here")-$sum
  if [ ! -e "$home/.complete" ]; then
    rm -rf "$home" "$versions"/.new.*
    new=$(mktemp -d "$versions/.new.XXXXXX")
    cp -RP "$here/." "$new"
    chmod 755 "$new"
    mv "$new" "$home"
  fi
  here=$home
fi
: >"$here/.complete"

# An installer before this one may have left a directory where the link is now.
if [ -d "$versions/current" ] && [ ! -L "$versions/current" ]; then
  mv "$versions/current" "$versions/$(version_of "$versions/current")-000000000000"
fi

# All of it is on the disk before anything leads there; changed in one step: a service that starts meanwhile finds the old
# or the new one, and so does a machine that loses power.
sync
before=$(readlink "$versions/current" || :)
if [ -n "$before" ] && [ "${before##*/}" != "${here##*/}" ] && [ -d "$versions/${before##*/}" ]; then
  ln -sfn "${before##*/}" "$versions/previous.new"
  mv -T "$versions/previous.new" "$versions/previous"
fi
# Whoever installs by hand ends an upgrade that is under way: nothing is to undo this.
rm -f "$versions/.upgrade/pending.json"
ln -sfn "${here##*/}" "$versions/current.new"
mv -T "$versions/current.new" "$versions/current"
sync

cat >"$root/usr/local/bin/tsalt.new" <<'END'
#!/bin/sh
exec /opt/tsalt/current/bin/tsalt "$@"
END
chmod 755 "$root/usr/local/bin/tsalt.new"
mv "$root/usr/local/bin/tsalt.new" "$root/usr/local/bin/tsalt"

for role in "$@"; do
  cp "$here/systemd/tsalt-$role.service" "$root/etc/systemd/system/"
  [ "$role" != minion ] || cp "$here/systemd/tsalt-upgrade.service" "$root/etc/systemd/system/"
done
[ -z "$root" ] || exit 0

for role in "$@"; do
  if [ "$role" = master ]; then
    getent passwd tsalt >/dev/null ||
      useradd --system --user-group --home-dir /var/lib/tsalt --no-create-home --shell /usr/sbin/nologin tsalt
    # Its keys are the master's own; of everything else in /etc/tsalt it only reads.
    install -d -m 755 /etc/tsalt/pki
    install -d -o tsalt -g tsalt -m 700 /etc/tsalt/pki/master
  fi
done

if [ ! -d /run/systemd/system ]; then
  say "systemd is not running here: installed, nothing started"
  exit 1
fi
systemctl daemon-reload
for role in "$@"; do
  [ "$role" != minion ] || systemctl enable --quiet tsalt-upgrade.service
  systemctl enable --quiet "tsalt-$role.service"
  systemctl restart "tsalt-$role.service"
done
