-- Loops over integers and floats: the interpreter's arithmetic, and little else.
local function sieve(limit)
  local composite, count = {}, 0
  for i = 2, limit do
    if not composite[i] then
      count = count + 1
      for j = i * i, limit, i do composite[j] = true end
    end
  end
  return count
end
print(sieve(180000))

local function mandelbrot(size, limit)
  local inside = 0
  for row = 0, size - 1 do
    local ci = 2.0 * row / size - 1.0
    for column = 0, size - 1 do
      local cr, zr, zi, n = 2.0 * column / size - 1.5, 0.0, 0.0, 0
      while n < limit and zr * zr + zi * zi <= 4.0 do
        zr, zi, n = zr * zr - zi * zi + cr, 2.0 * zr * zi + ci, n + 1
      end
      if n == limit then inside = inside + 1 end
    end
  end
  return inside
end
print(mandelbrot(150, 60))

local function multiply(a, b, n)
  local c = {}
  for i = 1, n do
    local row, out = a[i], {}
    for j = 1, n do
      local sum = 0.0
      for k = 1, n do sum = sum + row[k] * b[k][j] end
      out[j] = sum
    end
    c[i] = out
  end
  return c
end
local n, a, b = 80, {}, {}
for i = 1, n do
  a[i], b[i] = {}, {}
  for j = 1, n do a[i][j], b[i][j] = (i * j) % 17 / 16, (i + j) % 13 / 8 end
end
local c = multiply(multiply(a, b, n), a, n)
print(string.format("%.6f %.6f %.6f", c[1][1], c[40][40], c[80][80]))

-- Integers: a generator of random bits, a greatest common divisor, powers in a ring.
local x, ones = 88172645463325252, 0
for i = 1, 150000 do
  x = x ~ (x << 13); x = x ~ (x >> 7); x = x ~ (x << 17)
  ones = ones + (x & 1)
end
print(x, ones)
local sum = 0
for i = 1, 30000 do
  local p, q = i * 7 + 3, 90090
  while q ~= 0 do p, q = q, p % q end
  sum = sum + p
end
print(sum)
local power, modulus = 1, 998244353
for i = 1, 150000 do power = power * 31337 % modulus + i // 3 end
print(power)
