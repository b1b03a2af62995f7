#include "numeric.h"

#include <Eigen/Sparse>

#include <vector>

void sparse(Draw &draw) {
  constexpr int side = 60;
  std::vector<Eigen::Triplet<double>> entries;
  for (int i = 0; i < side * side; ++i) {
    entries.emplace_back(i, i, 4.5 + draw() / 8);
    if (i % side)
      entries.emplace_back(i, i - 1, -1.0), entries.emplace_back(i - 1, i, -1.0);
    if (i >= side)
      entries.emplace_back(i, i - side, -1.0), entries.emplace_back(i - side, i, -1.0);
  }
  Eigen::SparseMatrix<double> a(side * side, side * side);
  a.setFromTriplets(entries.begin(), entries.end());
  const auto b = random<Eigen::VectorXd>(draw, side * side, 1);
  show("direct", Eigen::SimplicialLDLT<Eigen::SparseMatrix<double>>(a).solve(b).norm());
  show("lu", Eigen::SparseLU<Eigen::SparseMatrix<double>>(a).solve(b).norm());
  Eigen::ConjugateGradient<Eigen::SparseMatrix<double>> iterative(a);
  show("iterative", iterative.solve(b).norm());
}
