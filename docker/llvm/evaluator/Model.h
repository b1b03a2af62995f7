// What LLVM's TFModelEvaluator asks: TensorFlow, or our own arithmetic.
#ifndef REGALLOC_MODEL_H
#define REGALLOC_MODEL_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Analysis/TensorSpec.h"

#include <memory>
#include <vector>

namespace llvm {

// LLVM declares these two and leaves it open what they are.
class EvaluationResultImpl {
public:
  virtual ~EvaluationResultImpl() = default;
  virtual void *tensor(size_t Index) = 0;
};

class TFModelEvaluatorImpl {
public:
  virtual ~TFModelEvaluatorImpl() = default;
  // Where the caller writes the input of this number.
  virtual void *input(size_t Index) = 0;
  virtual std::unique_ptr<EvaluationResultImpl> run() = 0;
};

} // namespace llvm

namespace regalloc {

using Specs = std::vector<llvm::TensorSpec>;
using Model = std::unique_ptr<llvm::TFModelEvaluatorImpl>;

constexpr const char *SavedModelFile = "saved_model.pb";
constexpr const char *WeightsFileName = "weights.bin";

// Any SavedModel, through TensorFlow's C API.
Model loadTensorFlowModel(llvm::StringRef Folder, const Specs &Inputs,
                          const Specs &Outputs, const char *Tag);

// A policy of our own export, by its weights file.
Model loadNativeModel(llvm::StringRef Folder, const Specs &Inputs,
                      const Specs &Outputs);

} // namespace regalloc

#endif
