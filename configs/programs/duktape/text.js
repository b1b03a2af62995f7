// To measure: strings, regular expressions, JSON.
var seed = 99;
function draw(n) { seed = (seed * 16807) % 2147483647; return seed % n; }
var parts = ["lin", "or", "qua", "ste", "mi", "\u00e9tu", "ven", "ka", "\u4e16"], words = [];
for (var i = 0; i < 2500; i++) {
  for (var word = "", j = draw(4); j >= 0; j--) word += parts[draw(parts.length)];
  words.push(i % 13 ? word : "<" + word + ' id="' + i + '">');
}
var text = words.join(" ");

print(text.match(/<(\w+)[^>]*id="(\d*7)">/g).length);
print(text.replace(/(qua|ste)(?=mi)/g, function (m, p) { return p.toUpperCase(); }).length);
print(text.split(/\s+/).filter(function (word) { return /^(?:lin|or)+$/.test(word); }).length);
for (var re = /([a-z]+) id="(\d+)"/g, found, count = 0; (found = re.exec(text)); count += found[1].length + +found[2]);
print(count);

var records = words.slice(0, 1200).map(function (word, i) {
  return { word: word, i: i, back: word.split("").reverse().join(""), half: i / 2, none: null };
});
var json = JSON.stringify(records);
for (var i = 0; i < 4; i++) json = JSON.stringify(JSON.parse(json), null, i);
print(json.length, json.slice(-60).replace(/\s+/g, " "));

for (var hash = 0, i = 0; i < text.length; i++) hash = (hash * 31 + text.charCodeAt(i)) | 0;
print(text.length, hash, encodeURIComponent(text).length, escape(text.substring(10, 60)));
print(text.toUpperCase().lastIndexOf("QUAQUA"), words.sort()[700], text.localeCompare(words[3]));
