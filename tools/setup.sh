# Sourced by tools/try and tools/check: what the build and the tests need, installed when missing.
# Debian package names; docs/dependencies.md says why each is there.

build_packages=(
  g++ cmake ninja-build pkg-config
  libseccomp-dev libabsl-dev nettle-dev nlohmann-json3-dev libtomlplusplus-dev libyaml-dev libcli11-dev
  libzstd-dev libcurl4-openssl-dev libgtest-dev libgmock-dev libbenchmark-dev libdw-dev libelf-dev
)
try_packages=(python3 python3-venv python3-pip ca-certificates)
test_packages=(
  python3-dev python3-setuptools python3-wheel gcc libc6-dev make git sqlite3 tar util-linux
  iproute2 strace openssh-client python3-jsonschema chromium-headless-shell
)

# Package managers that the tests run: what gives a command, where it is not there. Debian's npm does
# not go with another node, and its plain cargo is too old for sparse indexes.
manager_packages=(
  "npm:nodejs npm" "cargo:cargo-web rustc-web" "go:golang-go" "gem:ruby ruby-dev rake"
  "bundle:ruby-bundler"
)

say() { printf '== %s\n' "$*" >&2; }

# install_missing PACKAGE...: asks dpkg, and apt only for what is not there.
install_missing() {
  local missing=() package
  for package in "$@"; do
    if ! dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed'; then
      missing+=("$package")
    fi
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      say "these packages are missing, and neither root nor sudo is at hand:"
      printf '     apt-get install %s\n' "${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  say "installing with ${as_root[*]:+${as_root[*]} }apt-get: ${missing[*]}"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq </dev/null
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >/dev/null
}

# packages_of_missing COMMAND:PACKAGES...: the packages of those commands that are not there. Looked
# for where the tests look (tests/support/manager_tools.py), not in anybody's home.
packages_of_missing() {
  local entry
  for entry in "$@"; do
    PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/go/bin command -v "${entry%%:*}" >/dev/null ||
      printf '%s\n' ${entry#*:}
  done
}

# build PRESET TARGET...: configures once, then builds what changed.
build() {
  local preset=$1
  shift
  local launcher=()
  if command -v ccache >/dev/null; then
    launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  fi
  say "building ($preset); the first time takes some minutes"
  mkdir -p "build/$preset"
  cmake --preset "$preset" "${launcher[@]}" >"build/$preset/configure.log" 2>&1 || {
    cat "build/$preset/configure.log" >&2
    return 1
  }
  cmake --build --preset "$preset" --parallel "$(nproc)" ${1:+--target "$@"}
}
