// To measure: exceptions, accessors, proxies, coroutines, sorting, eval and arguments.
function fall(depth, limit) {
  if (depth > limit) throw new RangeError("at " + depth);
  try { fall(depth + 1, limit); } finally { total++; }
}
for (var total = 0, caught = 0, i = 0; i < 700; i++) {
  try { fall(0, i % 20); } catch (error) { caught += error.message.length; }
}
print(total, caught);

var counter = { n: 0, get next() { return ++this.n; }, set next(value) { this.n = value; } };
for (var i = 0; i < 20000; i++) if (counter.next > 1000) counter.next = i % 7;
var reads = 0;
var guarded = new Proxy({ x: 1 }, { get: function (target, name) { reads++; return target[name] || 0; } });
for (var seen = 0, i = 0; i < 8000; i++) seen += guarded.x + guarded.y;
print(counter.n, reads, seen);

var pairs = [];
for (var i = 0; i < 3000; i++) pairs.push({ key: i * 7919 % 10007, tag: "t" + i % 31 });
pairs.sort(function (a, b) { return a.key - b.key || (a.tag < b.tag ? -1 : 1); });
print(pairs[0].key, pairs[1500].tag, Object.getOwnPropertyNames(pairs[7]).join());

var walk = new Duktape.Thread(function (limit) { for (var i = 0; i < limit; i++) Duktape.Thread.yield(i); return -1; });
for (var sum = 0, value = Duktape.Thread.resume(walk, 5000); value >= 0; value = Duktape.Thread.resume(walk)) sum += value;
print(sum);

function gather() { return Array.prototype.slice.call(arguments, 1).concat([].map.call(arguments, Number)); }
for (var length = 0, i = 0; i < 3000; i++) length += gather(i, "3", i % 3 ? true : null).length;
for (var i = 0; i < 300; i++) length += eval("(function (a) { switch (a % 3) { case 0: return " + i + "; default: return a; } })")(i);
outer: for (var i = 0; ; i++) for (var j = 0; j < 100; j++) { if (i * j > 4000) break outer; if (j > i) continue outer; length++; }
with ({ inner: 5 }) { for (var key in { a: 1, b: 2, c: 3 }) length += inner + key.length; }
print(length, typeof void 0, delete pairs[0], 5 in pairs, pairs instanceof Array);
