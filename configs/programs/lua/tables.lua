-- Arrays and hashes that grow, shrink, are sorted and walked; the collector follows.
local seed = 7
local function draw(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed // 65536 % n + 1
end

local array = {}
for i = 1, 80000 do array[i] = draw(30000) end
table.sort(array)
local runs, longest = 0, 0
for i = 2, #array do
  if array[i] == array[i - 1] then runs = runs + 1; longest = math.max(longest, runs) else runs = 0 end
end
print(#array, array[1], array[40000], array[#array], longest)

-- A hash with integer and string keys, half of which go again.
local hash = {}
for i = 1, 30000 do
  hash[i * 7919 % 100003] = i
  hash["k" .. i % 5000] = (hash["k" .. i % 5000] or 0) + i
end
for i = 1, 30000, 2 do hash[i * 7919 % 100003] = nil end
local keys, sum = 0, 0
for _, value in pairs(hash) do keys, sum = keys + 1, sum + value end
print(keys, sum)

-- A binary heap of pairs, as a priority queue.
local heap = {}
local function push(cost, value)
  local i = #heap + 1
  while i > 1 and heap[i // 2].cost > cost do heap[i] = heap[i // 2]; i = i // 2 end
  heap[i] = { cost = cost, value = value }
end
local function pop()
  local top, last = heap[1], table.remove(heap)
  local n, i = #heap, 1
  if n == 0 then return top end
  while true do
    local child = 2 * i
    if child > n then break end
    if child < n and heap[child + 1].cost < heap[child].cost then child = child + 1 end
    if heap[child].cost >= last.cost then break end
    heap[i], i = heap[child], child
  end
  heap[i] = last
  return top
end
for i = 1, 12000 do push(draw(100000), i) end
local before, inversions, check = 0, 0, 0
while #heap > 0 do
  local top = pop()
  if top.cost < before then inversions = inversions + 1 end
  before, check = top.cost, (check * 33 + top.cost) % 1000003
end
print(inversions, before, check)

-- Small tables that live in a tree and die with it.
local function tree(depth)
  if depth == 0 then return {} end
  return { tree(depth - 1), tree(depth - 1) }
end
local function size(node) return node[1] and 1 + size(node[1]) + size(node[2]) or 1 end
for depth = 4, 12, 2 do
  local total = 0
  for _ = 1, 2 ^ (12 - depth) do total = total + size(tree(depth)) end
  print(depth, total)
end
