-- Calls of every sort: closures, upvalues, metamethods, coroutines, errors, variable arguments.
local function compose(...)
  local functions = table.pack(...)
  return function(x)
    for i = functions.n, 1, -1 do x = functions[i](x) end
    return x
  end
end
local function adder(n) return function(x) return x + n end end
local function counter()
  local n = 0
  return { up = function(by) n = n + by; return n end, get = function() return n end }
end

local total, chain = counter(), compose(adder(3), adder(-1), function(x) return x % 97 end)
for i = 1, 180000 do total.up(chain(i)) end
print(total.get())

local Vector = {}
Vector.__index = Vector
Vector.__add = function(a, b) return setmetatable({ x = a.x + b.x, y = a.y + b.y }, Vector) end
Vector.__mul = function(a, k) return setmetatable({ x = a.x * k, y = a.y * k }, Vector) end
Vector.__eq = function(a, b) return a.x == b.x and a.y == b.y end
Vector.__call = function(self, k) return self.x * k + self.y end
function Vector.new(x, y) return setmetatable({ x = x, y = y }, Vector) end
function Vector:dot(other) return self.x * other.x + self.y * other.y end
local sum, step = Vector.new(0, 0), Vector.new(1, -2)
for i = 1, 75000 do
  sum = sum + step * (i % 5)
  if sum == step then print("once") end
end
print(sum.x, sum.y, sum(3), sum:dot(step))

-- Permutations, one coroutine a level.
local function permute(list, n)
  if n <= 1 then coroutine.yield(list) return end
  for i = 1, n do
    list[i], list[n] = list[n], list[i]
    permute(list, n - 1)
    list[i], list[n] = list[n], list[i]
  end
end
local count, check = 0, 0
for list in coroutine.wrap(function() permute({ 1, 2, 3, 4, 5, 6, 7 }, 7) end) do
  count = count + 1
  check = (check * 7 + list[1] * list[7]) % 1000003
end
print(count, check)

local caught = 0
for i = 1, 24000 do
  local ok, err = pcall(function(...)
    if select("#", ...) % 3 == 0 then error({ code = i }) end
    return ...
  end, table.unpack({ 1, 2, 3, 4, 5, 6 }, 1, i % 7))
  if not ok then caught = caught + err.code % 11 end
end
print(caught)

local function ackermann(m, n)
  if m == 0 then return n + 1 end
  if n == 0 then return ackermann(m - 1, 1) end
  return ackermann(m - 1, ackermann(m, n - 1))
end
print(ackermann(2, 250))
