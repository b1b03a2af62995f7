// For training: loops over whole numbers and fractions in plain arrays.
function matrix(n, k) {
  for (var rows = [], i = 0; i < n; i++) {
    rows[i] = [];
    for (var j = 0; j < n; j++) rows[i][j] = (i * k + j) % 17 / 4;
  }
  return rows;
}
var n = 40, a = matrix(n, 3), b = matrix(n, 5), c = matrix(n, 1);
for (var i = 0; i < n; i++) for (var j = 0; j < n; j++) {
  for (var s = 0, k = 0; k < n; k++) s += a[i][k] * b[k][j];
  c[i][j] = s;
}
print(c[1][2], c[30][20], c[39][39]);

for (var composite = [], primes = 0, i = 2; i < 30000; i++) {
  if (composite[i]) continue;
  primes++;
  for (var j = i * 2; j < 30000; j += i) composite[j] = true;
}
print(primes);

for (var x = 123456789, bits = 0, i = 0; i < 40000; i++) {
  x ^= x << 13; x ^= x >>> 17; x ^= x << 5;
  bits += x & 1;
}
print(x, bits);
