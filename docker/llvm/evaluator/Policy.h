// A policy of our own export: which position of an observation it evicts.
//
// It is what the SavedModel beside it decides, without TensorFlow.
#ifndef REGALLOC_POLICY_H
#define REGALLOC_POLICY_H

#include "Network.h"
#include "Sampling.h"

#include "llvm/Analysis/TensorSpec.h"

#include <optional>

namespace regalloc {

class Policy {
public:
  // Whoever asks has these inputs, whose names begin with a prefix that the policy does not know.
  Policy(std::unique_ptr<WeightsFile> Read, const std::vector<llvm::TensorSpec> &Inputs, llvm::StringRef Prefix);

  void *input(size_t Index) { return Buffers[Index].data(); }

  // The first of the legal positions that is rated highest; 0 when there is none.
  int64_t decide();

  // From now on decisions are draws, as a function of this seed and the observation.
  void draw(int64_t Seed) { Draw.emplace(Seed, Elements); }

  // From now on the highest rating decides, if the policy has ratings.
  void beGreedy() {
    if (Net)
      Draw.reset();
  }

  // Tells policies apart.
  uint32_t checksum() const { return File->checksum(); }

  [[noreturn]] void fail(const llvm::Twine &Why) const { File->fail(Why); }

private:
  struct Feature {
    std::string Name, Type;
    std::vector<int64_t> Shape;
    size_t Count;
  };
  // A tensor that the network reads at each position, one number or one for each.
  template <typename T> struct Column {
    const T *Data = nullptr;
    size_t Stride = 0;
    T at(size_t Position) const { return Data[Position * Stride]; }
  };

  Feature readFeature(const llvm::json::Value &Entry) const;
  void bind(const Feature &Wanted, const std::vector<llvm::TensorSpec> &Inputs, llvm::StringRef Prefix);
  void createNetwork();
  size_t indexOf(llvm::StringRef Name) const;
  template <typename T> Column<T> column(llvm::StringRef Name) const;
  template <typename T> std::vector<Column<T>> columns(llvm::StringRef Key) const;

  double rate(size_t Position);
  double noise(size_t Position) const;

  void makeBuffers(const std::vector<llvm::TensorSpec> &Inputs);

  const std::unique_ptr<WeightsFile> File;
  std::vector<std::vector<uint64_t>> Buffers; // one an input, aligned for any type
  std::vector<Feature> Features;
  std::vector<Tensor> Tensors; // one a feature
  size_t Elements = 0;         // of all of them
  Column<int64_t> Mask;
  size_t Positions = 0;
  std::optional<Network> Net;
  std::optional<Sampler> Draw;
  std::optional<Logarithm> Log2;
  std::vector<Column<float>> Values;
  std::vector<Column<int64_t>> Flags, Stages;
  std::vector<float> SeenValues;
  std::vector<int64_t> SeenFlags;
};

} // namespace regalloc

#endif
