// For training: prototypes, closures, property look-ups, arrays.
var seed = 7;
function draw(n) { seed = (seed * 16807) % 2147483647; return seed % n; }

function Shape(name) { this.name = name; }
Shape.prototype.area = function () { return 0; };
Shape.prototype.label = function () { return this.name + ":" + this.area(); };
function Box(w, h) { Shape.call(this, "box"); this.w = w; this.h = h; }
Box.prototype = Object.create(Shape.prototype);
Box.prototype.area = function () { return this.w * this.h; };
function Disc(r) { Shape.call(this, "disc"); this.r = r; }
Disc.prototype = Object.create(Shape.prototype);
Disc.prototype.area = function () { return 3 * this.r * this.r; };

var shapes = [], seen = {};
for (var i = 0; i < 12000; i++) shapes.push(draw(2) ? new Box(draw(20), draw(20)) : new Disc(draw(9)));
shapes.forEach(function (shape) { var label = shape.label(); seen[label] = (seen[label] || 0) + 1; });
var labels = Object.keys(seen).sort(function (a, b) { return seen[b] - seen[a] || (a < b ? -1 : 1); });
print(labels.length, labels.slice(0, 5).join(" "));

function compose() {
  var steps = arguments;
  return function (x) { for (var i = 0; i < steps.length; i++) x = steps[i](x); return x; };
}
function add(n) { return function (x) { return x + n; }; }
var twice = compose(add(1), function (x) { return x * 2; }, add(3), function (x) { return x % 1009; });
for (var total = 0, i = 0; i < 20000; i++) total = twice(total + i);
print(total);

function tree(depth) { return depth ? { left: tree(depth - 1), right: tree(depth - 1), value: depth } : null; }
function sum(node) { return node ? sum(node.left) + sum(node.right) + node.value : 0; }
print(sum(tree(13)));
