#!/bin/sh
# The adapter's commands as the service runs them: as its user, with its secrets, in /etc/epos-adapter, where config.toml is
# found and any path that does not begin with / is looked for. deploy/linux/install.sh puts this at /usr/local/bin/epos-adapter.
#
#     sudo epos-adapter check
#
# systemd starts it, since secrets.env is written in its words, and a shell would read a $ in a password otherwise.
set -eu
[ "$(id -u)" = 0 ] || { echo "epos-adapter: the secrets are root's to read; run: sudo epos-adapter $*" >&2; exit 1; }
exec systemd-run --quiet --collect --wait --pty --pipe --uid=epos-adapter --gid=epos-adapter \
    --working-directory=/etc/epos-adapter --property=EnvironmentFile=-/etc/epos-adapter/secrets.env \
    /opt/epos-adapter/bin/epos-adapter "$@"
