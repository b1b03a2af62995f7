# shellcheck shell=bash
# SQLite, by its tests in Tcl.

configure() {
  ./configure --disable-shared --disable-amalgamation --with-tcl=/usr/lib/tcl8.6 CC="$1" CFLAGS=-O2
}

compile() { make -j"$1" sqlite3 testfixture; }

train() { ./sqlite3 -batch orders.db </build/projects/sqlite/orders.sql; }

check() {
  ./testfixture test/extraquick.test >check.log 2>&1 || true
  grep -E '^! |errors out of|^!Failures' check.log
}

# Of what `check` prints, `0 errors out of 12 tests`: how many tests passed, of how many.
count() { sed -n 's/^\([0-9]*\) errors out of \([0-9]*\) tests.*/\1 \2/p' | awk '{ print $2 - $1, $2 }'; }
