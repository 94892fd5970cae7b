#!/usr/bin/env bash
# Races attnlab against PyTorch, OpenVINO, ONNX Runtime and entmax. Builds attnlab, makes a Python environment in
# build/peers-venv and runs race.py with the given arguments (--help lists them). A peer that cannot be installed is
# skipped with a message. Exit status: 0 every promise of cases.py held, 1 some did not, 2 bad usage.
set -euo pipefail
cd "$(dirname "$0")/../.."
. experiments/scripts/install.sh
install_packages "${attnlab_build_packages[@]}" python3-venv

cmake --preset release -DATTNLAB_BENCHMARKS=ON > /dev/null
cmake --build --preset release >&2

environment=build/peers-venv
if ! cmp -s bench/peers/requirements.txt "$environment/installed.txt"; then
  python3 -m venv "$environment"
  while read -r package; do
    "$environment/bin/pip" install -q "$package" >&2 || echo "attnlab: no $package here: its rows are skipped" >&2
  done < bench/peers/requirements.txt
  cp bench/peers/requirements.txt "$environment/installed.txt"
fi
exec "$environment/bin/python" bench/peers/race.py "$@"
