# shellcheck shell=bash
# Mbed TLS. Its suites are programs that print each of their cases.

configure() {
  printf 'export CC = %s\nexport CFLAGS = -O2\n' "$1" >compiler.mk
}

compile() {
  make -j"$1" -f compiler.mk -f Makefile lib tests \
    && make -j"$1" -f ../compiler.mk -f Makefile -C programs test/selftest
}

train() { programs/test/selftest; }

# Of every case whether it passed. Those with certificates that have expired since do not.
check() {
  cd tests || return
  local suite
  for suite in test_suite_*.datax; do
    echo "== ${suite%.datax}"
    "./${suite%.datax}" -v | grep -E '(PASS|FAILED|----)$' || true
  done
}

# Of what `check` prints: how many cases passed, of how many that were run.
count() { awk '/PASS$/ { passed++ } /FAILED$/ { failed++ } END { print passed + 0, passed + failed }'; }
