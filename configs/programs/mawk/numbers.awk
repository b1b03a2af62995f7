# To measure: arithmetic without any input: a matrix, primes, a random walk of its own.
function draw(n) { seed = (seed * 16807) % 2147483647; return seed % n }
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) }
BEGIN {
  n = 45
  for (i = 0; i < n; i++) for (j = 0; j < n; j++) { a[i, j] = (i * j) % 7; b[i, j] = (i + j) % 5 }
  for (i = 0; i < n; i++) for (j = 0; j < n; j++) {
    s = 0
    for (k = 0; k < n; k++) s += a[i, k] * b[k, j]
    c[i, j] = s
  }
  print c[3, 4], c[20, 30], c[44, 44]
  for (i = 2; i < 60000; i++) if (!(i in composite)) { primes++; for (j = i * i; j < 60000; j += i) composite[j] = 1 }
  print primes
  seed = 42
  for (i = 0; i < 150000; i++) { x += draw(3) - 1; if (x > far) far = x }
  printf "%d %d %x %e\n", x, far, seed, seed / 7
  print fib(21)
  for (i = 0; i < 60; i++) { y = y / 2 + sqrt(i); z = int(exp(log(i + 1))) + z }
  printf "%.6f %d\n", y, z
}
