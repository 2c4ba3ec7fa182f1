#!/bin/sh
# Writes requirements.txt anew: everything that the container installs, whichever engine the EPOS has, each version with the
# hashes of its files.
set -eu
cd "$(dirname "$0")/../.."
python3 -m venv .venv-lock
.venv-lock/bin/pip install --quiet --disable-pip-version-check 'pip-tools>=7.5,<8'
.venv-lock/bin/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
    --extra mariadb --extra sqlite --extra unicenta --all-build-deps --output-file deploy/docker/requirements.txt "$@" pyproject.toml
rm -rf .venv-lock
