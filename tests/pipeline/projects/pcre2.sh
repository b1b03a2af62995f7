# shellcheck shell=bash
# PCRE2 in its three widths, with its compiler to machine code.

configure() {
  ./configure --disable-shared --enable-pcre2-16 --enable-pcre2-32 --enable-jit CC="$1" CFLAGS=-O2
}

compile() { make -j"$1" && make -j"$1" check TESTS=; }

train() { ./pcre2grep -c -e '(\w+)\W+\1\W' -e '^[^(]*\([^)]*\);' src/*.c; }

check() {
  make check 2>&1 | grep -E '^(PASS|FAIL|ERROR):' || true
  grep -E '^(---|Test|  OK|  Skipped|\*\*)' RunTest.log
  grep -E 'regression tests' pcre2_jit_test.log
}

# Of what `check` prints: how many tests passed, of how many that were run.
count() { awk '/^PASS|^  OK|successfully/ { passed++ } /^FAIL|^ERROR|^\*\*/ { failed++ } END { print passed + 0, passed + failed }'; }
