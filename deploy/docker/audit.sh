#!/bin/sh
# Known holes in what the container installs, by the advisories of PyPI. Ends with 0 when there are none, with 1 when there are
# some, and with 2 when nothing could be looked up.
#
# Where there is no internet a mirror may answer for PyPI that has no advisories, and every package looks well. So one is looked
# up first that is known not to be.
set -eu
here=$(dirname "$0")
pip_audit=${PIP_AUDIT:-pip-audit}
known_bad="jinja2==2.4.1"

nothing() {
    echo "NOTHING WAS AUDITED: $1" >&2
    echo "  the advisories come from https://pypi.org, and this computer cannot have them: run it where it can" >&2
    exit 2
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
echo "$known_bad" > "$scratch/known-bad.txt"
"$pip_audit" --vulnerability-service pypi --no-deps --disable-pip --format json --requirement "$scratch/known-bad.txt" \
    > "$scratch/known-bad.json" 2> "$scratch/errors" || true
grep -Eq '"id": *"(PYSEC|GHSA|CVE)-' "$scratch/known-bad.json" || {
    cat "$scratch/errors" >&2
    nothing "not even $known_bad is told to have known holes, and it has many"
}

found=0
"$pip_audit" --vulnerability-service pypi --strict --require-hashes --disable-pip --format json \
    --requirement "$here/requirements.txt" > "$scratch/found.json" 2> "$scratch/errors" || found=$?
grep -q '"dependencies"' "$scratch/found.json" || {
    cat "$scratch/errors" >&2
    nothing "not every package of $here/requirements.txt could be looked up"
}
cat "$scratch/errors" "$scratch/found.json"
[ "$found" -eq 0 ] || exit 1
echo "no known holes in what $here/requirements.txt installs, as of $(date -u +%Y-%m-%d)"
