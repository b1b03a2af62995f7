#include "numeric.h"

void solve(Draw &draw) {
  constexpr int n = 220;
  const auto a = random<Eigen::MatrixXd>(draw, n, n);
  const auto b = random<Eigen::MatrixXd>(draw, n, 4);
  show("partial", a.partialPivLu().solve(b).norm());
  show("full", a.fullPivLu().solve(b).norm());
  show("qr", a.colPivHouseholderQr().solve(b).norm());
  const Eigen::MatrixXd square = a * a.transpose() + Eigen::MatrixXd::Identity(n, n);
  show("cholesky", square.llt().solve(b).norm());
  show("ldlt", square.ldlt().solve(b).norm());
  const auto tall = random<Eigen::MatrixXcd>(draw, 150, 150);
  show("complex", tall.partialPivLu().determinant().real() > 0 ? 1 : -1);
}
