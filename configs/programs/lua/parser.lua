-- For training: a scanner and a parser of expressions, byte by byte, and what they make executed.
local text, position
local function peek() return text:sub(position, position) end
local expression
local function atom()
  if peek() == "(" then
    position = position + 1
    local inner = expression()
    position = position + 1
    return inner
  end
  local from, to = text:find("^%d+", position)
  position = to + 1
  return { "number", math.tointeger(text:sub(from, to)) }
end
local function chain(next, operators)
  local left = next()
  while position <= #text and operators[peek()] do
    local operator = peek()
    position = position + 1
    left = { operator, left, next() }
  end
  return left
end
local function term() return chain(atom, { ["*"] = true, ["%"] = true }) end
function expression() return chain(term, { ["+"] = true, ["-"] = true }) end

local apply = {
  ["+"] = function(a, b) return a + b end,
  ["-"] = function(a, b) return a - b end,
  ["*"] = function(a, b) return a * b & 0xffffff end,
  ["%"] = function(a, b) return b == 0 and a or a % b end,
}
local function evaluate(node)
  if node[1] == "number" then return node[2] end
  return apply[node[1]](evaluate(node[2]), evaluate(node[3]))
end

local seed = 11
local function draw(n) seed = seed * 16807 % 2147483647; return seed % n + 1 end
local function invent(depth)
  if depth == 0 then return tostring(draw(500)) end
  local operator = ({ "+", "-", "*", "%" })[draw(4)]
  return "(" .. invent(depth - 1) .. operator .. invent(depth - 1) .. ")"
end
local total = 0
for i = 1, 40 do
  text, position = invent(7), 1
  total = (total * 31 + evaluate(expression())) & 0xffffffff
end
print(total, #text)
local ok, message = pcall(function() text, position = "(1+", 1; return expression() end)
print(ok, type(message))
print(load("local a, b = 0, 1; for i = 1, 20000 do a, b = b, (a + b) % 1000007 end return a")())
