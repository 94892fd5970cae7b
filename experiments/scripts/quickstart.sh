#!/usr/bin/env bash
# Installs missing packages, builds, runs the quick sweep and writes its report. Arguments are passed to `attnlab
# sweep`, e.g. --input npy:PREFIX. ATTNLAB_NO_INSTALL=1: name missing packages and stop with status 2.
set -euo pipefail
cd "$(dirname "$0")/../.."
. experiments/scripts/install.sh
install_packages "${attnlab_build_packages[@]}"

[ -f build/release/build.ninja ] || cmake --preset release > /dev/null
cmake --build --preset release

out=results/quick-$(date -u +%Y%m%dT%H%M%SZ)
status=0
build/release/attnlab sweep --config experiments/specs/quick.cfg --out "$out" "$@" || status=$?
[ "$status" -eq 0 ] || [ "$status" -eq 3 ] || exit "$status"
build/release/attnlab report "$out"
exit "$status"
