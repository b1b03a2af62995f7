# shellcheck shell=bash
# Mbed TLS. Its suites are programs that say how many of their cases passed.

configure() {
  printf 'export CC = %s\nexport CFLAGS = -O2\n' "$1" >compiler.mk
}

compile() {
  make -j"$1" -f compiler.mk -f Makefile lib tests \
    && make -j"$1" -f ../compiler.mk -f Makefile -C programs test/selftest
}

train() { programs/test/selftest; }

check() {
  cd tests || return
  local suite
  for suite in test_suite_*.datax; do
    echo "${suite%.datax} $("./${suite%.datax}" | tail -1)"
  done
}

# Of what `check` prints, `PASSED (12 / 12 tests (3 skipped))`: how many cases passed, of how many that were run.
count() { tr -dc '0-9 /(\n' | awk -F '[(/]' '{ passed += $2 - $4; run += $3 - $4 } END { print passed, run }'; }
