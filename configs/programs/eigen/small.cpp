#include "numeric.h"

// Matrices whose size the compiler knows, all of which it would keep in registers.
void small(Draw &draw) {
  Eigen::Matrix4f pose = Eigen::Matrix4f::Identity();
  double total = 0;
  for (int i = 0; i < 300000; ++i) {
    const Eigen::Vector3f v(static_cast<float>(draw()), static_cast<float>(draw()), 0.5f);
    const Eigen::Matrix3d m = random<Eigen::Matrix3d>(draw, 3, 3);
    pose.topLeftCorner<3, 3>() = 0.5f * pose.topLeftCorner<3, 3>() + v * v.transpose();
    const double volume = m.determinant();
    if (volume > 0.01 || volume < -0.01)
      total += m.inverse().cwiseAbs().cwiseMin(1.0).sum() + volume;
    total += (pose * v.homogeneous()).hnormalized().cross(v).squaredNorm();
    if (i % 16 == 0)
      total += Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d>(m * m.transpose()).eigenvalues()(2);
  }
  std::printf("small %.2f\n", total);
}
