// LLVM's TFModelEvaluator: asks our own arithmetic where a policy has a weights file, and TensorFlow
// where it has none.
//
// LLVM goes on after a model that it could not load and then dereferences null. Every error here
// therefore ends the process with one line that says what is wrong.

#include "Fatal.h"
#include "Model.h"
#include "Rollouts.h"
#include "llvm/Analysis/Utils/TFUtils.h"
#include "llvm/Support/FileSystem.h"

#include <cstdlib>
#include <cstring>
#include <utility>

using namespace llvm;

namespace {

constexpr const char *ChoiceVariable = "REGALLOC_EVALUATOR";

// A policy for each rollout that a compile makes.
class RolloutModels : public TFModelEvaluatorImpl {
public:
  RolloutModels(StringRef Folder, const regalloc::Specs &Inputs, const regalloc::Specs &Outputs) {
    Models.push_back(regalloc::loadNativeModel(Folder, Inputs, Outputs));
    for (StringRef Other : regalloc::rollouts::models())
      Models.push_back(regalloc::loadNativeModel(Other, Inputs, Outputs));
    for (const TensorSpec &Spec : Inputs)
      Sizes.push_back(Spec.getTotalTensorBufferSize());
  }

  void *input(size_t Index) override { return Models.front()->input(Index); }

  std::unique_ptr<EvaluationResultImpl> run() override {
    size_t Rollout = regalloc::rollouts::decide();
    for (size_t I = 0; Rollout && I < Sizes.size(); ++I)
      std::memcpy(Models[Rollout]->input(I), input(I), Sizes[I]);
    return Models[Rollout]->run();
  }

private:
  std::vector<regalloc::Model> Models;
  std::vector<size_t> Sizes; // of the inputs, in bytes
};

regalloc::Model load(StringRef Folder, const regalloc::Specs &Inputs,
                     const regalloc::Specs &Outputs, const char *Tag) {
  const char *Variable = std::getenv(ChoiceVariable);
  StringRef Choice = Variable ? Variable : "";
  if (!Choice.empty() && Choice != "native" && Choice != "tensorflow")
    regalloc::fatal(Twine(ChoiceVariable) + " is " + Choice +
                    ", and can be native or tensorflow");
  if (!regalloc::rollouts::models().empty()) {
    if (Choice == "tensorflow")
      regalloc::fatal("several rollouts are made by the native evaluator alone");
    return std::make_unique<RolloutModels>(Folder, Inputs, Outputs);
  }
  bool HasWeights = sys::fs::exists(Folder + "/" + regalloc::WeightsFileName);
  if (Choice == "native" || (Choice.empty() && HasWeights))
    return regalloc::loadNativeModel(Folder, Inputs, Outputs);
  return regalloc::loadTensorFlowModel(Folder, Inputs, Outputs, Tag);
}

} // namespace

TFModelEvaluator::TFModelEvaluator(StringRef SavedModelPath,
                                   const std::vector<TensorSpec> &InputSpecs,
                                   const std::vector<TensorSpec> &OutputSpecs,
                                   const char *Tags)
    : Impl(load(SavedModelPath, InputSpecs, OutputSpecs, Tags)) {}

TFModelEvaluator::~TFModelEvaluator() = default;

// LLVM 15 has an Optional of its own.
using Evaluated = decltype(std::declval<TFModelEvaluator &>().evaluate());

Evaluated TFModelEvaluator::evaluate() { return EvaluationResult(Impl->run()); }

void *TFModelEvaluator::getUntypedInput(size_t Index) {
  return Impl->input(Index);
}

TFModelEvaluator::EvaluationResult::EvaluationResult(
    std::unique_ptr<EvaluationResultImpl> Impl)
    : Impl(std::move(Impl)) {}

TFModelEvaluator::EvaluationResult::EvaluationResult(EvaluationResult &&Other)
    : Impl(std::move(Other.Impl)) {}

TFModelEvaluator::EvaluationResult &
TFModelEvaluator::EvaluationResult::operator=(EvaluationResult &&Other) {
  Impl = std::move(Other.Impl);
  return *this;
}

TFModelEvaluator::EvaluationResult::~EvaluationResult() = default;

void *
TFModelEvaluator::EvaluationResult::getUntypedTensorValue(size_t Index) {
  return Impl->tensor(Index);
}

const void *TFModelEvaluator::EvaluationResult::getUntypedTensorValue(
    size_t Index) const {
  return Impl->tensor(Index);
}
