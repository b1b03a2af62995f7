// The policy as LLVM's release-mode advisor calls it: the functions that it uses of the class that
// TensorFlow's compiler generates. The advisor is compiled before there is a policy; Model.cpp follows
// when there is one.
#ifndef REGALLOC_MODEL_H
#define REGALLOC_MODEL_H

#include <cstddef>
#include <memory>
#include <string>

namespace regalloc {

class Model {
public:
  Model();
  ~Model();

  // -1 when the policy has no such tensor.
  int LookupArgIndex(const std::string &Name) const;
  int LookupResultIndex(const std::string &Name) const;

  void *arg_data(std::size_t Index);
  void *result_data(std::size_t Index);
  void Run();

private:
  struct Function;
  std::unique_ptr<Function> Compiled;
};

} // namespace regalloc

#endif
