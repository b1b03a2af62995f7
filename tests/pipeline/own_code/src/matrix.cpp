#include "matrix.h"

#include <cmath>

Matrix<5> power(Matrix<5> base, int exponent) {
  Matrix<5> result{};
  for (int i = 0; i < 5; ++i)
    result.at[i][i] = 1;
  while (exponent-- > 0) {
    result = result * base;
    for (auto &row : result.at)
      for (double &element : row)
        element = std::fmod(element, 1000.0);
  }
  return result;
}
