#!/bin/sh
# Writes requirements.txt anew: everything that the container installs, whichever engine the EPOS has, each version with the
# hashes of its files.
set -eu
cd "$(dirname "$0")/../.."
python3 -m venv .venv-lock
.venv-lock/bin/pip install --quiet --disable-pip-version-check 'pip-tools>=7.5,<8'
# What the stand-in for the provider needs besides goes into simulator.txt: no restaurant has it.
for file in requirements simulator; do
    extra=$([ "$file" = simulator ] && echo "--extra simulator" || true)
    # shellcheck disable=SC2086 # two words, or none
    .venv-lock/bin/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
        --extra mariadb --extra sqlite --extra unicenta --extra otel $extra --all-build-deps --output-file "deploy/docker/$file.txt" "$@" pyproject.toml
done
rm -rf .venv-lock
