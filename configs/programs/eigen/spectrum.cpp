#include "numeric.h"

void spectrum(Draw &draw) {
  const auto a = random<Eigen::MatrixXd>(draw, 120, 120);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> symmetric(a + a.transpose());
  show("symmetric", symmetric.eigenvalues().cwiseAbs().sum());
  const Eigen::EigenSolver<Eigen::MatrixXd> general(a);
  show("general", general.eigenvalues().cwiseAbs().sum());
  const auto b = random<Eigen::MatrixXf>(draw, 60, 50);
  show("jacobi", Eigen::JacobiSVD<Eigen::MatrixXf>(b).singularValues()(0));
  show("divide", Eigen::BDCSVD<Eigen::MatrixXd>(a).singularValues().sum());
}
