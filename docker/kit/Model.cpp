// The policy behind LLVM's release-mode advisor: the function that TensorFlow's compiler made of it.
// A release compiles this unit and no other, with the header that the compiler wrote in front.
#include "regalloc/Model.h"

namespace regalloc {

struct Model::Function {
  POLICY_CLASS Policy;
};

Model::Model() : Compiled(std::make_unique<Function>()) {}
Model::~Model() = default;

int Model::LookupArgIndex(const std::string &Name) const {
  return Compiled->Policy.LookupArgIndex(Name);
}

int Model::LookupResultIndex(const std::string &Name) const {
  return Compiled->Policy.LookupResultIndex(Name);
}

void *Model::arg_data(std::size_t Index) { return Compiled->Policy.arg_data(Index); }

void *Model::result_data(std::size_t Index) {
  return Compiled->Policy.result_data(Index);
}

void Model::Run() { Compiled->Policy.Run(); }

} // namespace regalloc
