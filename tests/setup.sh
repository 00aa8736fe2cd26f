# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What tests/run and examples/run share: find or install what is needed, then
# configure and build _build. To be sourced by bash; the caller's functions and
# variables that end up here:
#
#   cfut_require WHAT...   install what is missing of the sets: build, tests, all,
#                          fuzz
#   cfut_wish WHAT...      the same for sets that one can do without: types,
#                          lua, window, bwrap, model, bench
#   cfut_build OPTION...   configure with meson options, and build
#   $python $meson         programs that work, after cfut_require
#   $top $build            the source and the build directory

set -u -o pipefail

# Nothing here reads input, and nothing may wait for a terminal.
exec < /dev/null

export PATH="${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}"
export LC_ALL=C.UTF-8
export NO_AT_BRIDGE=1

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$top/_build
python=
meson=

say () { printf '%s\n' "$*"; }
die () { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# What is needed: the set, a probe that succeeds if it is there, and the Debian
# package that has it. Probes: cmd PROGRAM, pkg MODULE VERSION, file PATH, or a
# function of this file.
needs='
build  cmd cc                              gcc
build  cmd pkg-config                      pkg-config
build  cmd ninja                           ninja-build
build  find_python3                        python3
build  find_meson                          meson
build  pkg gio-unix-2.0 2.74               libglib2.0-dev
build  pkg libsoup-3.0 3.0                 libsoup-3.0-dev
build  file gmp.h                          libgmp-dev
build  pkg libseccomp 2.5                  libseccomp-dev
tests  cmd g++                             g++
tests  cmd nm                              binutils
tests  cmd git                             git
tests  cmd g-ir-scanner                    gobject-introspection
tests  pkg gobject-introspection-1.0 1.74  libgirepository1.0-dev
tests  find_python_gi                      python3-gi
tests  cmd gjs                             gjs
tests  cmd valac                           valac
tests  cmd vapigen                         valac
tests  cmd gi-docgen                       gi-docgen
types  cmd mypy                            mypy
types  cmd tsc                             node-typescript
lua    has_lgi                             lua-lgi
lua    cmd lua5.3                          lua5.3
window pkg gtk4 4.8                        libgtk-4-dev
window has_gtk_typelib                     gir1.2-gtk-4.0
window cmd Xvfb                            xvfb
bwrap  cmd bwrap                           bubblewrap
all    has_loky                            python3-joblib
all    cmd valgrind                        valgrind
all    cmd gcovr                           gcovr
all    cmd clang                           clang
all    cmd scan-build                      clang-tools
all    has_libfuzzer                       libclang-rt-14-dev
all    cmd spin                            spin
all    cmd strace                          strace
fuzz   cmd clang                           clang
fuzz   has_libfuzzer                       libclang-rt-14-dev
model  cmd spin                            spin
bench  cmd g++                             g++
bench  has_loky                            python3-joblib
bench  pkg tbb 2021                        libtbb-dev
bench  pkg libuv 1.40                      libuv1-dev
bench  has_qt                              qt6-base-dev
bench  has_asio                            libboost-dev
bench  cmd node                            nodejs
bench  cmd npm                             npm
bench  cmd javac                           default-jdk-headless
'

probe_cmd () { command -v "$1" > /dev/null; }
probe_pkg () { pkg-config --atleast-version="$2" "$1" 2> /dev/null; }
probe_file () { printf '#include <%s>\n' "$1" | cc -E - > /dev/null 2>&1; }

has_qt ()
{
  pkg-config --exists Qt6Concurrent || pkg-config --exists Qt5Concurrent
}

has_asio () { printf '#include <boost/asio.hpp>\n' | g++ -E -x c++ - > /dev/null 2>&1; }

has_lgi () { compgen -G '/usr/share/lua/5.3/lgi/init.lua' > /dev/null; }

has_loky () { "${python:-python3}" -c 'import joblib.externals.loky' 2> /dev/null; }

has_libfuzzer ()
{
  printf 'int LLVMFuzzerTestOneInput (const char *data, unsigned long size) { return 0; }\n' |
    clang -fsanitize=fuzzer,address,undefined -x c -o /dev/null - 2> /dev/null
}

has_gtk_typelib () { compgen -G '/usr/lib/*/girepository-1.0/Gtk-4.0.typelib' > /dev/null; }

find_python3 ()
{
  local candidate

  for candidate in python3 /usr/bin/python3; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2> /dev/null; then
      python=$(command -v "$candidate")
      return 0
    fi
  done
  return 1
}

# The first python3 on the PATH may be one without PyGObject.
find_python_gi ()
{
  local candidate

  for candidate in $(type -ap python3) /usr/bin/python3; do
    if "$candidate" -c 'import gi; gi.require_version("Gio", "2.0")' 2> /dev/null; then
      python=$candidate
      return 0
    fi
  done
  return 1
}

find_meson ()
{
  local candidate version

  for candidate in $(type -ap meson) /usr/bin/meson; do
    version=$("$candidate" --version 2> /dev/null) || continue
    if printf '1.0.0\n%s\n' "$version" | sort -C -V; then
      meson=$candidate
      return 0
    fi
  done
  return 1
}

# Prints the Debian packages that are missing of the sets in $1.
missing_packages ()
{
  local set probe arguments package

  while read -r set probe arguments; do
    [[ " $1 " == *" $set "* ]] || continue
    package=${arguments##* }
    arguments=${arguments% *}
    case $probe in
      cmd|pkg|file) probe_"$probe" $arguments ;;
      *) "$probe" ;;
    esac || printf '%s\n' "$package"
  done <<< "$needs" | sort -u
}

# Installs Debian packages; fails if it cannot.
install_packages ()
{
  local root=() log=$build/packages.log

  command -v apt-get > /dev/null || return 1
  if [ "$(id -u)" != 0 ]; then
    command -v sudo > /dev/null || return 1
    root=(sudo)
    [ -t 2 ] || root=(sudo -n)
  fi

  say "Installing: $*"
  mkdir -p "$build"
  "${root[@]}" apt-get update -q > "$log" 2>&1 ||
    say 'The package lists could not be updated; trying with those at hand'
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "$@" >> "$log" 2>&1 || {
    tail -n 20 "$log" >&2
    return 1
  }
}

cfut_require ()
{
  local missing

  missing=$(missing_packages "$*" | tr '\n' ' ')
  if [ -n "$missing" ]; then
    install_packages $missing || true
    hash -r
    missing=$(missing_packages "$*" | tr '\n' ' ')
  fi
  if [ -n "$missing" ]; then
    die "missing, by the names of their Debian 12 packages: $missing"
  fi

  # Again, in this shell: the probes above ran in others.
  find_meson && find_python3 || die 'no usable meson or python3'
  [[ " $* " != *" tests "* ]] || find_python_gi || die 'no python3 with PyGObject'
}

# Installs what is missing of sets that some tests want; without it they are
# skipped.
cfut_wish ()
{
  local missing

  missing=$(missing_packages "$*" | tr '\n' ' ')
  [ -z "$missing" ] || install_packages $missing ||
    say "Some will be skipped for want of: $missing"
  hash -r
}

# Options given here win over those of an earlier configuration.
cfut_build ()
{
  local log=$build/configure.log

  mkdir -p "$build"
  if [ -e "$build/build.ninja" ]; then
    "$meson" setup --reconfigure "$build" "$top" -Dpython="$python" "$@" > "$log" 2>&1
  else
    "$meson" setup "$build" "$top" -Dpython="$python" "$@" > "$log" 2>&1
  fi || {
    # A build directory of another place or another meson is of no use.
    say 'Configuring from scratch'
    find "$build" -mindepth 1 -delete
    "$meson" setup "$build" "$top" -Dpython="$python" "$@" > "$log.new" 2>&1 || {
      cat "$log.new" >&2
      die 'meson could not configure the project'
    }
    mv "$log.new" "$log"
  }

  say 'Building'
  ninja -C "$build" > "$build/build.log" 2>&1 || {
    grep -v '^\[' "$build/build.log" >&2
    die 'the build failed'
  }
}
