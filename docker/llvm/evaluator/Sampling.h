// Draws as a pure function of seed and observation; regalloc/rl/network/sampling.py is the definition.
#ifndef REGALLOC_SAMPLING_H
#define REGALLOC_SAMPLING_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <vector>

namespace regalloc {

// 64 bits that look random, as a function of a seed and a number. The steps are SplitMix64's.
uint64_t scramble(int64_t Seed, uint64_t Number);

// One tensor of an observation, where the advisor writes it.
struct Tensor {
  const void *Data;
  size_t Count;
  bool IsFloat; // else 64-bit integers
};

class Sampler {
public:
  Sampler(int64_t Seed, size_t Elements);

  // Hashes an observation, whose tensors stand in the features' order.
  void observe(llvm::ArrayRef<Tensor> Tensors);

  // A number in (0, 1) for a position of the observation, the same in each call.
  float uniform(size_t Position) const;

private:
  const uint64_t Seeded;
  std::vector<uint64_t> Odd; // a multiplier for each element
  uint64_t Digest = 0;
};

} // namespace regalloc

#endif
