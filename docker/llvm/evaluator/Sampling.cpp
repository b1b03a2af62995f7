#include "Sampling.h"

#include <cstring>

namespace regalloc {

namespace {

constexpr uint64_t Golden = 0x9E3779B97F4A7C15;
constexpr unsigned UniformBits = 23;

// SplitMix64's finaliser.
uint64_t mix(uint64_t Value) {
  Value = (Value ^ (Value >> 30)) * 0xBF58476D1CE4E5B9;
  Value = (Value ^ (Value >> 27)) * 0x94D049BB133111EB;
  return Value ^ (Value >> 31);
}

template <typename Word>
uint64_t weigh(const Tensor &Values, const uint64_t *Odd) {
  const char *Bytes = static_cast<const char *>(Values.Data);
  uint64_t Total = 0;
  for (size_t I = 0; I < Values.Count; ++I) {
    Word Bits;
    std::memcpy(&Bits, Bytes + I * sizeof(Word), sizeof(Word));
    Total += Bits * Odd[I];
  }
  return Total;
}

} // namespace

uint64_t scramble(int64_t Seed, uint64_t Number) {
  return mix(mix(static_cast<uint64_t>(Seed)) + (Number + 1) * Golden);
}

Sampler::Sampler(int64_t Seed, size_t Elements)
    : Seeded(mix(static_cast<uint64_t>(Seed))), Odd(Elements) {
  for (size_t I = 0; I < Elements; ++I)
    Odd[I] = mix((I + 1) * Golden) | 1;
}

void Sampler::observe(llvm::ArrayRef<Tensor> Tensors) {
  uint64_t Total = 0;
  const uint64_t *Next = Odd.data();
  for (const Tensor &Values : Tensors) {
    Total += Values.IsFloat ? weigh<uint32_t>(Values, Next)
                            : weigh<uint64_t>(Values, Next);
    Next += Values.Count;
  }
  Digest = mix(Total ^ Seeded);
}

float Sampler::uniform(size_t Position) const {
  uint64_t Bits = mix(Digest + (Position + 1) * Golden) >> (64 - UniformBits);
  return (static_cast<float>(Bits) + 0.5f) / (1 << UniformBits);
}

} // namespace regalloc
