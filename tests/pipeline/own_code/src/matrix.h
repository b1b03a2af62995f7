// Small square matrices whose size is known when they are compiled.
#pragma once

template <int Size> struct Matrix {
  double at[Size][Size];
};

template <int Size> Matrix<Size> operator*(const Matrix<Size> &left, const Matrix<Size> &right) {
  Matrix<Size> product{};
  for (int row = 0; row < Size; ++row)
    for (int column = 0; column < Size; ++column)
      for (int i = 0; i < Size; ++i)
        product.at[row][column] += left.at[row][i] * right.at[i][column];
  return product;
}

// A matrix to a power, its elements kept small.
Matrix<5> power(Matrix<5> base, int exponent);
