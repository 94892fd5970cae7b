#!/usr/bin/env bash
# Installs missing packages, builds with warnings as errors and runs every test, fast ones first.
#   bash tests/run.sh [--preset dev|asan|tsan] [arguments of ctest, e.g. -R unit]
# ATTNLAB_NO_INSTALL=1: name missing packages and stop with status 2.
set -euo pipefail
cd "$(dirname "$0")/.."
. experiments/scripts/install.sh
preset=dev
arguments=()
while [ $# -gt 0 ]; do
  case $1 in
    --preset) preset=${2:?--preset takes dev, asan or tsan}; shift ;;
    --preset=*) preset=${1#--preset=} ;;
    *) arguments+=("$1") ;;
  esac
  shift
done
case $preset in
  dev) browser=$(browser_package) ;;
  asan | tsan) browser= ;;
  *) echo "tests/run.sh: --preset takes dev, asan or tsan, not $preset" >&2; exit 2 ;;
esac
install_packages "${attnlab_build_packages[@]}" "${attnlab_test_packages[@]}" $browser

[ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" > /dev/null
cmake --build --preset "$preset"
ctest --test-dir "build/$preset" --output-on-failure --parallel "$(nproc)" "${arguments[@]}"
