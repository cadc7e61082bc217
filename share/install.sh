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

# Changed in one step: a service that starts meanwhile finds the old or the new one.
mkdir -p "$root/opt/tsalt" "$root/usr/local/bin" "$root/etc/tsalt" "$root/etc/systemd/system"
ln -sfn "$here" "$root/opt/tsalt/current.new"
mv -T "$root/opt/tsalt/current.new" "$root/opt/tsalt/current"

cat >"$root/usr/local/bin/tsalt.new" <<'END'
#!/bin/sh
exec /opt/tsalt/current/bin/tsalt "$@"
END
chmod 755 "$root/usr/local/bin/tsalt.new"
mv "$root/usr/local/bin/tsalt.new" "$root/usr/local/bin/tsalt"

for role in "$@"; do
  cp "$here/systemd/tsalt-$role.service" "$root/etc/systemd/system/"
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
  systemctl enable --quiet "tsalt-$role.service"
  systemctl restart "tsalt-$role.service"
done
