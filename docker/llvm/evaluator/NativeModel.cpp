// A policy of our own export behind LLVM's TFModelEvaluator.

#include "Model.h"
#include "Policy.h"

using namespace llvm;

namespace {

constexpr const char *InputPrefix = "action_";

class NativeResult : public EvaluationResultImpl {
public:
  explicit NativeResult(int64_t Decision) : Decision(Decision) {}
  void *tensor(size_t) override { return &Decision; }

private:
  int64_t Decision;
};

class NativeModel : public TFModelEvaluatorImpl {
public:
  NativeModel(StringRef Folder, const regalloc::Specs &Inputs, const regalloc::Specs &Outputs)
      : Asked(std::make_unique<regalloc::WeightsFile>(Folder), Inputs, InputPrefix) {
    if (Outputs.size() != 1 || !Outputs[0].isElementType<int64_t>() ||
        Outputs[0].getElementCount() != 1)
      Asked.fail("it decides with one int64_t, and output_spec.json wants something else");
  }

  void *input(size_t Index) override { return Asked.input(Index); }
  std::unique_ptr<EvaluationResultImpl> run() override {
    return std::make_unique<NativeResult>(Asked.decide());
  }

private:
  regalloc::Policy Asked;
};

} // namespace

regalloc::Model regalloc::loadNativeModel(StringRef Folder, const Specs &Inputs,
                                          const Specs &Outputs) {
  return std::make_unique<NativeModel>(Folder, Inputs, Outputs);
}
