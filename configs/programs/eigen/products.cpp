#include "numeric.h"

void products(Draw &draw) {
  for (int size = 10; size < 240; size += 23) {
    const auto a = random<Eigen::MatrixXd>(draw, size, size + 3);
    const auto b = random<Eigen::MatrixXd>(draw, size + 3, size);
    const Eigen::MatrixXd c = a * b;
    show("product", (c * a).trace() + c.transpose().cwiseAbs().rowwise().sum().maxCoeff());
    const auto f = random<Eigen::MatrixXf>(draw, size, size);
    show("single", (f * f.transpose()).array().square().mean());
    show("vector", (a * b.col(1)).normalized().sum());
  }
}
