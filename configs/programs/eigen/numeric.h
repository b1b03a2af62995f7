// What the parts of the program share.
#pragma once
#include <Eigen/Dense>

#include <cstdint>
#include <cstdio>

// Numbers from -1 to 1 that are the same everywhere: spread evenly, or graded, that is zeros and powers of two.
class Draw {
public:
  explicit Draw(bool graded) : graded(graded) {}

  double operator()() {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const auto bits = static_cast<std::int32_t>(state >> 32);
    if (!graded)
      return static_cast<double>(bits) / 2147483648.0;
    return bits % 3 == 0 ? 0.0 : (bits < 0 ? -1.0 : 1.0) / static_cast<double>(1 << (state >> 40 & 15));
  }

private:
  bool graded;
  std::uint64_t state = 1;
};

template <typename Matrix> Matrix random(Draw &draw, int rows, int columns) {
  Matrix result(rows, columns);
  for (int j = 0; j < columns; ++j)
    for (int i = 0; i < rows; ++i)
      result(i, j) = static_cast<typename Matrix::Scalar>(draw());
  return result;
}

// Few digits: the last ones depend on the order of sums.
inline void show(const char *name, double value) { std::printf("%s %.5f\n", name, value); }

void products(Draw &draw);
void solve(Draw &draw);
void spectrum(Draw &draw);
void sparse(Draw &draw);
void small(Draw &draw);
