#!/usr/bin/env bash
# Checks that every header compiles by itself. Usage: headers.sh COMPILER SOURCE INCLUDE... . A header that its source
# file includes first is checked by every build; the others are compiled here, those of lib/kernels at the lowest level.
set -euo pipefail
compiler=$1 source=$2
shift 2
cd "$source"
headers=()
while IFS= read -r header; do
  name=${header#lib/}
  [ "$name" = "$header" ] && name=${header#experiments/} || name=attnlab/$name
  own=${header%.h}.cpp
  [ -f "$own" ] && [ "$(grep -m1 '^ *#' "$own")" = "#include \"$name\"" ] || headers+=("$header")
done < <(find lib experiments -name '*.h' | sort)
printf '%s\0' "${headers[@]}" |
  xargs -0 -P "$(nproc)" -I {} sh -c '
    case {} in lib/kernels/*) set -- "$@" -DATTNLAB_LEVEL=baseline ;; esac
    "$@" -include {} -x c++ /dev/null || { echo "{} does not compile by itself" >&2; exit 255; }' sh \
    "$compiler" -std=c++20 -fopenmp -fsyntax-only -Wall -Wextra -Werror -Wno-unused-function "${@/#/-I}"
echo "${#headers[@]} passed, 0 failed"
