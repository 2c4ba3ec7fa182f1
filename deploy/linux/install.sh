#!/bin/sh
# Installs the adapter on a Linux machine, or a newer version over an older one: a Python environment in /opt/epos-adapter,
# the configuration in /etc/epos-adapter, a user of its own, and a service that starts with the machine.
#
#     sudo deploy/linux/install.sh [what pip installs, this checkout unless said otherwise]
#     sudo EXTRAS=mariadb deploy/linux/install.sh
#
# EXTRAS are the extras of the package that this site needs, with commas between: mariadb, sqlite, sqlserver, unicenta, otel. They
# are remembered: a newer version is installed with those of the one before unless others are named, or EXTRAS is empty.
# What is there already is kept: the configuration is never written over. PYTHON names the Python to use. DESTDIR (for
# trying) puts everything below a folder instead, and then makes no user and touches no service.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
source=${1:-$(cd "$here/../.." && pwd)}
root=${DESTDIR:-}
python=${PYTHON:-python3}
home=$root/opt/epos-adapter
settings=$root/etc/epos-adapter
extras=${EXTRAS-$(cat "$home/extras" 2>/dev/null || true)}
[ -z "$extras" ] || source="$source[$extras]"

say() { printf '%s\n' "$*"; }
stop() { printf 'install: %s\n' "$*" >&2; exit 1; }

command -v "$python" >/dev/null || stop "there is no $python; install Python 3.11 or newer, or set PYTHON"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || stop "$python is older than 3.11; set PYTHON to a newer one"
"$python" -c 'import ensurepip' 2>/dev/null || stop "$python cannot make environments; on Debian and Ubuntu: apt install python3-venv"
[ -n "$root" ] || [ "$(id -u)" = 0 ] || stop "needs root: sudo $0"

if [ -z "$root" ] && ! id epos-adapter >/dev/null 2>&1; then
    useradd --system --home-dir "$home" --shell /usr/sbin/nologin epos-adapter
    say "made the user epos-adapter"
fi

# A new environment beside the old one, which serves until the new one is whole; the old one stays for a way back.
mkdir -p "$root/opt" "$settings"
rm -rf "$home.new"
"$python" -m venv --prompt epos-adapter "$home.new"
"$home.new/bin/python" -m pip install --quiet --disable-pip-version-check "$source"
# -P: what was installed, and not what lies in the folder that this is run from.
"$home.new/bin/python" -P -m adapter --version >/dev/null || stop "the new version does not start; nothing was changed"
printf '%s' "$extras" >"$home.new/extras"
rm -rf "$home.old"
[ ! -d "$home" ] || mv "$home" "$home.old"
mv "$home.new" "$home"
# The scripts of an environment name its folder.
find "$home/bin" -type f -exec grep -Il "$home.new" {} + | while read -r script; do
    sed -i "s|$home.new|$home|g" "$script"
done
mkdir -p "$home/share/docs"
cp "$here/../../docs/"*.md "$home/share/docs/"
say "installed $("$home/bin/epos-adapter" --version) in $home${extras:+, with $extras}"

if [ ! -e "$settings/config.toml" ]; then
    cp "$here/../../config.example.toml" "$settings/config.toml"
    say "put an example at $settings/config.toml: edit it, and secrets.env beside it"
fi
if [ ! -e "$settings/secrets.env" ]; then
    printf '# NAME=value, for { env = "NAME" } in config.toml\n# EPOS_DATABASE_URL=postgresql://epos_adapter:...@localhost/pos\n# DOJO_API_KEY=...\n' >"$settings/secrets.env"
fi
chmod 0640 "$settings/config.toml"
chmod 0600 "$settings/secrets.env"

mkdir -p "$root/usr/local/bin" "$root/etc/systemd/system"
cp "$here/epos-adapter.sh" "$root/usr/local/bin/epos-adapter"
cp "$here/epos-adapter.service" "$root/etc/systemd/system/epos-adapter.service"
if [ -z "$root" ]; then
    chown root:epos-adapter "$settings" "$settings/config.toml"
    chown root:root "$settings/secrets.env"    # systemd reads it before it becomes another user
    chmod 0750 "$settings"
    systemctl daemon-reload
    systemctl enable --quiet epos-adapter
    if systemctl is-active --quiet epos-adapter; then
        systemctl restart epos-adapter
        say "restarted; the version before is in $home.old: deploy/linux/rollback.sh goes back to it"
    else
        say "try it with:   sudo epos-adapter check"
        say "start it with: sudo systemctl start epos-adapter"
    fi
fi
say "watch it with: journalctl -u epos-adapter -f"
