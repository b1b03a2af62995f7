// To measure: typed arrays, views, numbers to text and back, Math.
var bytes = new Uint8Array(8192), floats = new Float64Array(1024), view = new DataView(bytes.buffer);
for (var i = 0; i < 40000; i++) bytes[i & 8191] += i * 7;
for (var i = 0; i < 15000; i++) view.setFloat32(i * 4 % 8192, view.getInt16(i * 2 % 8190, true) + i, i % 2 === 0);
print(view.getUint32(64), view.getUint32(2048, true));
for (var i = 0; i < 30000; i++) floats[i % 1024] = Math.sqrt(i) + floats[(i * 7) % 1024] / 2;
print(floats[5].toFixed(6), floats.subarray(100, 900).length);

for (var total = 0, i = 1; i < 6000; i++) {
  var text = (i / 7).toString() + i.toString(36) + (i * 1e15).toExponential(9);
  total += text.length + parseFloat(text) + parseInt(i.toString(2), 2);
}
print(total.toPrecision(12));
for (var low = 0, i = 0; i < 30000; i++) low += Math.floor(i / 3) ^ Math.max(i, 500) ^ Math.round(i * 1.5);
print(low, [].join.call(new Uint16Array([70000, -1, 2.7])));
var copied = Uint8Array.allocPlain(4096);
for (var i = 0; i < 200; i++) new Uint8Array(copied.buffer).set(bytes.subarray(i, i + 4000), i & 63);
print(new TextDecoder().decode(new TextEncoder().encode("\u4e16\u754c")).length, copied[77]);
