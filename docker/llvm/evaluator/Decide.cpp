// regalloc-decide: asks a policy as the compiler does, about observations that a file holds.
//
//   regalloc-decide POLICY <OBSERVATIONS >DECISIONS
//
// An observation is the bytes of the eviction advisor's tensors one after the other, as in LLVM 19's
// training log; a decision is a 64-bit integer. So evaluators can be compared on observations that no
// compile makes, and timed without one.

#include "Fatal.h"
#include "llvm/Analysis/Utils/TFUtils.h"
#include "llvm/Support/InitLLVM.h"

#include <cstdio>

using namespace llvm;

namespace {

constexpr const char *Integers[] = {"mask", "is_free", "is_hint", "is_local",
                                    "max_stage", "min_stage"};
constexpr const char *Names[] = {"mask", "is_free", "nr_urgent", "nr_broken_hints", "is_hint",
                                 "is_local", "nr_rematerializable", "nr_defs_and_uses",
                                 "weighed_reads_by_max", "weighed_writes_by_max",
                                 "weighed_read_writes_by_max", "weighed_indvars_by_max",
                                 "hint_weights_by_max", "start_bb_freq_by_max",
                                 "end_bb_freq_by_max", "hottest_bb_freq_by_max", "liverange_size",
                                 "use_def_density", "max_stage", "min_stage", "progress"};

std::vector<TensorSpec> features() {
  std::vector<TensorSpec> Specs;
  for (StringRef Name : Names) {
    std::vector<int64_t> Shape = {1, 33};
    if (Name == "progress")
      Shape = {1};
    std::string Input = ("action_" + Name).str();
    Specs.push_back(is_contained(Integers, Name) ? TensorSpec::createSpec<int64_t>(Input, Shape)
                                                 : TensorSpec::createSpec<float>(Input, Shape));
  }
  return Specs;
}

// Reads one observation; false at the end.
bool read(TFModelEvaluator &Policy, ArrayRef<TensorSpec> Specs) {
  for (size_t I = 0; I < Specs.size(); ++I) {
    size_t Bytes = Specs[I].getTotalTensorBufferSize();
    size_t Got = std::fread(Policy.getUntypedInput(I), 1, Bytes, stdin);
    if (!Got && !I)
      return false;
    if (Got != Bytes)
      regalloc::fatal("the last observation is cut off");
  }
  return true;
}

} // namespace

int main(int Argc, char **Argv) {
  InitLLVM Init(Argc, Argv);
  if (Argc != 2)
    regalloc::fatal("usage: regalloc-decide POLICY <OBSERVATIONS >DECISIONS");
  std::vector<TensorSpec> Specs = features();
  std::vector<TensorSpec> Decision = {
      TensorSpec::createSpec<int64_t>("StatefulPartitionedCall", {1})};
  TFModelEvaluator Policy(Argv[1], Specs, Decision);
  while (read(Policy, Specs)) {
    auto Result = Policy.evaluate();
    std::fwrite(Result->getUntypedTensorValue(0), sizeof(int64_t), 1, stdout);
  }
  return 0;
}
