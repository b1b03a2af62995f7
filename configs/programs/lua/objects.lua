-- For training: metatables, inheritance, coroutines, backtracking, sorting by a function.
local Queue = {}
Queue.__index = Queue
function Queue.new() return setmetatable({ first = 1, last = 0 }, Queue) end
function Queue:push(value) self.last = self.last + 1; self[self.last] = value end
function Queue:pop()
  local value = self[self.first]
  self[self.first] = nil
  self.first = self.first + 1
  return value
end
local Counted = setmetatable({}, { __index = Queue })
Counted.__index = Counted
Counted.__len = function(self) return self.last - self.first + 1 end
function Counted.new() return setmetatable(Queue.new(), Counted) end

local queue, sum = Counted.new(), 0
for i = 1, 60000 do
  queue:push(i * 17 % 101)
  if i % 3 == 0 then sum = sum + queue:pop() end
end
print(#queue, sum)

local function place(n, row, columns, rising, falling)
  if row > n then return 1 end
  local found = 0
  for column = 1, n do
    if not columns[column] and not rising[row + column] and not falling[row - column] then
      columns[column], rising[row + column], falling[row - column] = true, true, true
      found = found + place(n, row + 1, columns, rising, falling)
      columns[column], rising[row + column], falling[row - column] = nil, nil, nil
    end
  end
  return found
end
print(place(7, 1, {}, {}, {}))

local function permute(items, n)
  if n == 0 then coroutine.yield(items) end
  for i = 1, n do
    items[i], items[n] = items[n], items[i]
    permute(items, n - 1)
    items[i], items[n] = items[n], items[i]
  end
end
local seen = 0
for items in coroutine.wrap(function() permute({ 1, 2, 3, 4, 5, 6, 7 }, 7) end) do
  seen = (seen * 7 + items[1] * items[7]) % 99991
end
print(seen)

local people, seed = {}, 3
for i = 1, 6000 do
  seed = seed * 16807 % 2147483647
  people[i] = { name = "p" .. seed % 977, age = seed % 90 }
end
table.sort(people, function(a, b) return a.age < b.age or a.age == b.age and a.name < b.name end)
print(people[1].name, people[3000].age, people[6000].name, select("#", table.unpack(people, 1, 50)))
