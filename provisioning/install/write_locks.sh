#!/usr/bin/env bash
# Chooses the newest versions that pyproject.toml allows and writes them, with their hashes, into the lock files.
# Run it with the oldest Python that we support (3.11): newer ones need fewer libraries, never more.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

compile=(
  .venv/bin/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe --no-header
  --no-emit-index-url --no-emit-trusted-host --no-emit-find-links
)
echo "requirements-build.lock: what compiles the libraries that come as source"
"${compile[@]}" --output-file requirements-build.lock provisioning/install/build-tools.in
echo "requirements.lock: what the programs need"
"${compile[@]}" --extra weights --output-file requirements.lock pyproject.toml
echo "requirements-test.lock: the same versions, and what the tests need"
"${compile[@]}" --extra weights --extra dlib --extra dev --constraint requirements.lock \
  --output-file requirements-test.lock pyproject.toml
