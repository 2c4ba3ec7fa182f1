#!/bin/sh
# Goes back to the version that was installed before the last one. Run again, it goes forward again.
set -eu
root=${DESTDIR:-}
home=$root/opt/epos-adapter
[ -d "$home.old" ] || { echo "rollback: there is no version before this one in $home.old" >&2; exit 1; }
mv "$home" "$home.swap"
mv "$home.old" "$home"
mv "$home.swap" "$home.old"
echo "back to $("$home/bin/python" -P -m adapter --version)"
[ -n "$root" ] || systemctl restart epos-adapter
