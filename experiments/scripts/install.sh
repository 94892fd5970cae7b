# Installs the system packages that attnlab needs; sourced by experiments/scripts/quickstart.sh and tests/run.sh. For
# Debian 12 and Debian 13, as root or with sudo. ATTNLAB_NO_INSTALL=1: name missing packages and stop with status 2.

attnlab_build_packages=(g++ cmake ninja-build git libdnnl-dev libbenchmark-dev libboost-program-options-dev libfmt-dev
  nlohmann-json3-dev libcairo2-dev fonts-dejavu-core)
attnlab_test_packages=(libgtest-dev librapidcheck-dev python3)

# install_packages NAME…: installs the packages that are missing.
install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2> /dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  # npm may also come from elsewhere, such as the user's own Node.
  command -v npm > /dev/null 2>&1 || missing+=(npm)
  [ ${#missing[@]} -eq 0 ] && return
  if [ "${ATTNLAB_NO_INSTALL:-0}" = 1 ]; then
    echo "attnlab: missing packages: ${missing[*]} (apt-get install them, or unset ATTNLAB_NO_INSTALL)" >&2
    exit 2
  fi
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo > /dev/null || { echo "attnlab: to install ${missing[*]}, run as root or install sudo" >&2; exit 2; }
    as_root=(sudo)
  fi
  echo "attnlab: installing ${missing[*]}" >&2
  "${as_root[@]}" apt-get update -q >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >&2
}

# Prints the package of the browser that tests the report, if one must be installed. If the system has no usable
# package, the test is skipped with a message.
browser_package() {
  if command -v chromium > /dev/null 2>&1 || command -v google-chrome > /dev/null 2>&1; then
    return
  elif grep -q '^ID=ubuntu' /etc/os-release; then
    echo "attnlab: Ubuntu has no chromium package outside snap, so the report is not tested in a browser" >&2
  else
    echo chromium
  fi
}
