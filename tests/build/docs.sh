#!/usr/bin/env bash
# Checks that the documentation of the public interface builds without warnings. Usage: docs.sh SOURCE WORK HEADER..., with the
# public headers.
set -euo pipefail
source=$1 OUT=$2
shift 2
command -v doxygen > /dev/null || { echo "doxygen is missing"; exit 77; }
cd "$source"
rm -rf "$OUT"
mkdir -p "$OUT"
export OUT HEADERS="${*/#/lib/}"
said=$(doxygen lib/docs/Doxyfile 2>&1) && [ -z "$said" ] || { echo "$said"; exit 1; }
grep -q "Calls on one object must not be concurrent" "$OUT/html/classattnlab_1_1Attention.html"
grep -q "What a call guarantees" "$OUT/html/index.html"
echo "1 passed, 0 failed"
