// LLVM's ModelUnderTrainingRunner: reads output_spec.json and asks the evaluator for decisions.
//
// Declared in llvm/Analysis/ModelUnderTrainingRunner.h. LLVM's own implementation reports a bad
// output_spec.json as a diagnostic and returns null, which its caller dereferences; this one names
// the error and ends the process. It also refuses a decision that the observation's mask forbids,
// which LLVM only asserts.

#include "Fatal.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Analysis/ModelUnderTrainingRunner.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace {

struct NamedOutput {
  std::string LoggingName;
  TensorSpec Spec;
};

[[noreturn]] void badSpec(StringRef File, const Twine &Why) {
  regalloc::fatal(File + ": " + Why);
}

NamedOutput readOutput(LLVMContext &Ctx, StringRef File,
                       const json::Value &Entry) {
  const json::Object None, *Found = Entry.getAsObject();
  const json::Object &Object = Found ? *Found : None;
  const json::Value *Spec = Object.get("tensor_spec");
  auto Name = Object.getString("logging_name");
  if (!Spec || !Name)
    badSpec(File, "every entry needs a logging_name and a tensor_spec");
  auto Tensor = getTensorSpecFromJSON(Ctx, *Spec);
  if (!Tensor)
    badSpec(File, "the tensor_spec of " + *Name +
                      " needs a name, a port, a type and a shape");
  if (!Tensor->isElementType<int64_t>() && !Tensor->isElementType<int32_t>() &&
      !Tensor->isElementType<float>())
    badSpec(File, *Name + " must be of type int64_t, int32_t or float");
  return {Name->str(), *Tensor};
}

// The decision comes first; what follows is logged beside the features.
std::vector<NamedOutput> readOutputs(LLVMContext &Ctx, StringRef File,
                                     StringRef Decision) {
  auto Buffer = MemoryBuffer::getFile(File, /*IsText=*/true);
  if (!Buffer)
    regalloc::fatal("cannot read " + File + ": " +
                    Buffer.getError().message());
  Expected<json::Value> Parsed = json::parse((*Buffer)->getBuffer());
  if (!Parsed)
    badSpec(File, "is not JSON: " + toString(Parsed.takeError()));
  const json::Array *Entries = Parsed->getAsArray();
  if (!Entries || Entries->empty())
    badSpec(File, "must be a list with at least one output");
  std::vector<NamedOutput> Outputs;
  for (const json::Value &Entry : *Entries)
    Outputs.push_back(readOutput(Ctx, File, Entry));
  if (Outputs.front().LoggingName != Decision)
    badSpec(File, "the first output must be " + Decision + ", not " +
                      Outputs.front().LoggingName);
  return Outputs;
}

// The number of positions of each runner whose first input is a mask over them: the eviction
// advisor's. The class is LLVM's and has no room for it.
DenseMap<const ModelUnderTrainingRunner *, int64_t> MaskedPositions;

#if LLVM_VERSION_MAJOR < 16
using RunnerOutputs = std::vector<LoggedFeatureSpec>;

std::vector<TensorSpec> specsOf(const RunnerOutputs &Outputs) {
  std::vector<TensorSpec> Specs;
  for (const LoggedFeatureSpec &Output : Outputs)
    Specs.push_back(Output.Spec);
  return Specs;
}
#endif

} // namespace

// LLVM 15 keeps all outputs under their logging names; later releases those beside the decision.
#if LLVM_VERSION_MAJOR < 16
ModelUnderTrainingRunner::ModelUnderTrainingRunner(
    LLVMContext &Ctx, const std::string &ModelPath,
    const std::vector<TensorSpec> &InputSpecs, const RunnerOutputs &OutputSpecs)
    : MLModelRunner(Ctx, MLModelRunner::Kind::Development, InputSpecs.size()),
      Evaluator(std::make_unique<TFModelEvaluator>(ModelPath, InputSpecs,
                                                   specsOf(OutputSpecs))),
      OutputSpecs(OutputSpecs) {
#else
ModelUnderTrainingRunner::ModelUnderTrainingRunner(
    LLVMContext &Ctx, const std::string &ModelPath,
    const std::vector<TensorSpec> &InputSpecs,
    const std::vector<TensorSpec> &OutputSpecs,
    const std::vector<TensorSpec> &ExtraOutputsForLogging)
    : MLModelRunner(Ctx, MLModelRunner::Kind::Development, InputSpecs.size()),
      Evaluator(std::make_unique<TFModelEvaluator>(ModelPath, InputSpecs,
                                                   OutputSpecs)),
      OutputSpecs(OutputSpecs), ExtraOutputsForLogging(ExtraOutputsForLogging) {
#endif
  for (size_t I = 0; I < InputSpecs.size(); ++I)
    setUpBufferForTensor(I, InputSpecs[I], Evaluator->getUntypedInput(I));
  if (StringRef(InputSpecs.front().name()).take_back(4) == "mask")
    MaskedPositions[this] = InputSpecs.front().getElementCount();
}

void *ModelUnderTrainingRunner::evaluateUntyped() {
  LastEvaluationResult = Evaluator->evaluate();
  void *Decision = LastEvaluationResult->getUntypedTensorValue(0);
  if (auto Masked = MaskedPositions.find(this); Masked != MaskedPositions.end()) {
    int64_t Position = *static_cast<int64_t *>(Decision);
    if (Position < 0 || Position >= Masked->second ||
        !getTensor<int64_t>(0)[Position])
      regalloc::fatal("the policy chose position " + Twine(Position) +
                      ", which the mask of legal positions excludes");
  }
  return Decision;
}

std::unique_ptr<ModelUnderTrainingRunner>
ModelUnderTrainingRunner::createAndEnsureValid(
    LLVMContext &Ctx, const std::string &ModelPath, StringRef DecisionName,
    const std::vector<TensorSpec> &InputSpecs,
    StringRef OutputSpecsPathOverride) {
  SmallString<256> File(OutputSpecsPathOverride);
  if (File.empty())
    sys::path::append(File, ModelPath, "output_spec.json");
  std::vector<NamedOutput> Outputs = readOutputs(Ctx, File, DecisionName);
#if LLVM_VERSION_MAJOR < 16
  RunnerOutputs Logged;
  for (const NamedOutput &Output : Outputs)
    Logged.push_back({Output.Spec, Output.LoggingName});
  return std::unique_ptr<ModelUnderTrainingRunner>(
      new ModelUnderTrainingRunner(Ctx, ModelPath, InputSpecs, Logged));
#else
  std::vector<TensorSpec> Specs, Extra;
  for (const NamedOutput &Output : Outputs) {
    if (!Specs.empty())
      Extra.emplace_back(Output.LoggingName, Output.Spec);
    Specs.push_back(Output.Spec);
  }
  return std::make_unique<ModelUnderTrainingRunner>(Ctx, ModelPath, InputSpecs,
                                                    Specs, Extra);
#endif
}
