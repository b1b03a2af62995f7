// LLVM's TFModelEvaluator: asks our own arithmetic where a policy has a weights file, and TensorFlow
// where it has none.
//
// LLVM goes on after a model that it could not load and then dereferences null. Every error here
// therefore ends the process with one line that says what is wrong.

#include "Fatal.h"
#include "Model.h"
#include "llvm/Analysis/Utils/TFUtils.h"
#include "llvm/Support/FileSystem.h"

#include <cstdlib>
#include <utility>

using namespace llvm;

namespace {

constexpr const char *ChoiceVariable = "REGALLOC_EVALUATOR";

regalloc::Model load(StringRef Folder, const regalloc::Specs &Inputs,
                     const regalloc::Specs &Outputs, const char *Tag) {
  const char *Variable = std::getenv(ChoiceVariable);
  StringRef Choice = Variable ? Variable : "";
  if (!Choice.empty() && Choice != "native" && Choice != "tensorflow")
    regalloc::fatal(Twine(ChoiceVariable) + " is " + Choice +
                    ", and can be native or tensorflow");
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
