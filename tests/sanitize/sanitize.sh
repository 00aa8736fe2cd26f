# Copyright 2026 The cfut authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The long ways to run the tests, each a function for tests/run. Sourced after
# tests/setup.sh. A report counts as a failure whoever wrote it: worker
# processes write theirs to files, since nobody looks at how they exit.

# Sets $build to another directory, for one instrumented build.
use_build () { build=$top/_build-$1; }

# record DIR NAME OK|FAIL: one more result for the sum.
record ()
{
  local file=$1/meson-logs/cfut-$2.json

  printf '{"name": "%s", "result": "%s"}\n' "$2" "$3" > "$file"
  results+=("$file")
}

# check_reports DIR NAME FILE...: fails NAME if there are files, and shows them.
check_reports ()
{
  local dir=$1 name=$2
  shift 2

  if [ $# = 0 ]; then
    record "$dir" "$name" OK
  else
    say "$name: $# reports"
    head -n 60 "$@" | head -n 300
    record "$dir" "$name" FAIL
  fi
}

# check_sanitizer_reports DIR NAME: the same, of those that end in a verdict. A
# sanitizer also writes remarks, on a thread that ended as it was looked at.
check_sanitizer_reports ()
{
  local reports

  mapfile -t reports < <(grep -rlE 'SUMMARY: |runtime error: ' "$1/reports")
  check_reports "$1" "$2" "${reports[@]}"
}

# What an instrumented build leaves out: other languages' programs are not
# instrumented.
lean='-Dintrospection=disabled -Dvapi=disabled -Ddocs=disabled -Dexamples=enabled -Dtests=true'

run_asan ()
{
  local build reports

  use_build asan
  reports=$build/reports
  cfut_build $lean -Db_sanitize=address,undefined -Db_lundef=false "${options[@]}"
  rm -rf "$reports"
  mkdir -p "$reports"
  # Jobs are cut from GLib's slices, in which no use after a free is seen.
  G_SLICE=always-malloc \
  ASAN_OPTIONS=halt_on_error=1:abort_on_error=1:print_summary=1:fast_unwind_on_malloc=0:log_path="$reports"/asan \
  LSAN_OPTIONS=print_suppressions=0:suppressions="$top"/tests/sanitize/lsan.supp \
  UBSAN_OPTIONS=halt_on_error=1:abort_on_error=1:print_summary=1:print_stacktrace=1:log_path="$reports"/ubsan \
    run_meson_test "$build" --setup sanitizer
  check_sanitizer_reports "$build" asan
}

run_tsan ()
{
  local build reports wrapper=()

  use_build tsan
  reports=$build/reports
  cfut_build $lean -Db_sanitize=thread -Db_lundef=false "${options[@]}"
  rm -rf "$reports"
  mkdir -p "$reports"
  # Its shadow memory does not fit every layout that newer kernels choose.
  if setarch -R true 2> /dev/null; then
    wrapper=(--wrapper 'setarch -R')
  fi
  # GLib's slices hand memory from thread to thread unseen. Without pidfds GLib
  # needs SIGCHLD, which TSan holds back from a thread that waits inside GLib.
  G_SLICE=always-malloc \
  TSAN_OPTIONS=ignore_noninstrumented_modules=1:second_deadlock_stack=1:log_path="$reports"/tsan \
    run_meson_test "$build" --setup sanitizer --no-suite without-pidfd "${wrapper[@]}"
  check_sanitizer_reports "$build" tsan
}

run_valgrind ()
{
  local build log reports=()

  use_build valgrind
  cfut_build $lean "${options[@]}"
  rm -rf "$build/reports"
  mkdir -p "$build/reports"
  run_meson_test "$build" --setup valgrind
  # There is a log for every process. "--PID--" begins a remark on what valgrind
  # does not know (pidfd_open, in Debian 12), "==PID==" an error.
  mapfile -t reports < <(grep -rl '^==' "$build/reports")
  check_reports "$build" valgrind "${reports[@]}"
}

run_coverage ()
{
  local build

  use_build coverage
  cfut_build -Dauto_features=enabled -Dtests=true -Db_coverage=true \
    -Dc_args=-fprofile-update=atomic "${options[@]}"
  find "$build" -name '*.gcda' -delete
  # gcov exports symbols of its own, and the packaging is tested elsewhere.
  run_meson_test "$build" --no-suite packaging
  if gcovr --root "$top" --object-directory "$build" --filter "$top/cfut/" \
       --exclude-unreachable-branches --print-summary --sort-uncovered \
       --fail-under-line 90; then
    record "$build" coverage OK
  else
    record "$build" coverage FAIL
  fi
}

# Clang's static analyzer over the whole library, from scratch: it sees only what is
# compiled. What it takes for a fault and is none is written so that it is seen to be
# none.
run_scan_build ()
{
  local build

  use_build scan-build
  rm -rf "$build"
  mkdir -p "$build/meson-logs"
  if scan-build -o "$build/reports" "$meson" setup "$build/library" "$top" -Dpython="$python" $lean \
       -Dexamples=disabled -Dtests=false "${options[@]}" > "$build/configure.log" 2>&1 &&
     scan-build --status-bugs -o "$build/reports" ninja -C "$build/library" > "$build/build.log" 2>&1; then
    record "$build" scan-build OK
  else
    cat "$build/configure.log"
    grep -A 3 -e 'warning: ' -e 'error: ' "$build/build.log"
    record "$build" scan-build FAIL
  fi
}

# A moment for each target: enough to see that it can be fuzzed, and whether what
# was changed last is easily broken.
run_fuzzing ()
{
  if "$top/tests/fuzz/run" --time 10; then
    record "$top/_build-fuzz" fuzzing OK
  else
    record "$top/_build-fuzz" fuzzing FAIL
  fi
}
