-- Building, searching, splitting and formatting strings: lstrlib, the buffer, the string table.
local seed = 42
local function draw(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed // 65536 % n + 1
end

local syllables = { "ka", "mo", "ti", "ren", "sul", "ba", "ori", "nex", "pa", "lu" }
local words = {}
for i = 1, 24000 do
  local word = {}
  for j = 1, draw(4) do word[j] = syllables[draw(#syllables)] end
  words[i] = table.concat(word)
end
local text = table.concat(words, " ")

local count, order = {}, {}
for word in text:gmatch("%a+") do
  if not count[word] then order[#order + 1] = word end
  count[word] = (count[word] or 0) + 1
end
table.sort(order, function(a, b)
  if count[a] ~= count[b] then return count[a] > count[b] end
  return a < b
end)
for i = 1, 20 do print(string.format("%-14s %5d", order[i], count[order[i]])) end

local replaced, times = text:gsub("(%a)(%a-)ren", function(a, b) return a:upper() .. b:reverse() end)
print(#replaced, times, replaced:sub(1, 60))
print(select(2, text:gsub("[aeiou][^aeiou ]+[aeiou]", "%0")))

local lines = {}
for i = 1, 12000 do lines[i] = ("%d;%s;%5.2f;%x"):format(i, words[i], i / 7, i * 31) end
local check = 0
for _, line in ipairs(lines) do
  local id, name, value, hex = line:match("^(%d+);(%a+); *([%d.]+);(%x+)$")
  check = (check + tonumber(id) * #name + math.floor(tonumber(value)) + tonumber(hex, 16)) % 1000003
end
print(check)

local bytes = 0
for i = 1, #text do bytes = (bytes * 31 + text:byte(i)) & 0xffffffff end
print(bytes, string.pack(">I4s2", bytes, words[7]):byte(1, -1))
