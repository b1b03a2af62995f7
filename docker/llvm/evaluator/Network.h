// The network in exact arithmetic; regalloc/rl/network/exact_arithmetic.py is the definition.
//
// All numbers are multiples of powers of two on so few bits that doubles hold every sum exactly, in
// whatever order it is taken. So this may skip and reorder, and still agrees with every other
// evaluator to the last bit.
#ifndef REGALLOC_NETWORK_H
#define REGALLOC_NETWORK_H

#include "WeightsFile.h"

namespace regalloc {

// One position of a decision: the features by the network's own order.
struct Candidate {
  llvm::ArrayRef<float> Values;   // to be normalised
  llvm::ArrayRef<int64_t> Flags;
  int64_t LargestStage, SmallestStage;
};

// log2 of positive normal numbers, by a line between 1024 points an octave.
class Logarithm {
public:
  explicit Logarithm(const WeightsFile &File);
  double operator()(float Value) const;

private:
  llvm::ArrayRef<double> Logs, Steps;
};

// Clips and rounds to multiples of 2^-16, halves up.
double roundOff(double Value, double Limit);

class Network {
public:
  Network(const WeightsFile &File, size_t Normalised, size_t Flags,
          size_t Density);

  double rate(const Candidate &Seen);

private:
  struct ZScore {
    llvm::ArrayRef<double> Unit, Centre, Slope;
    llvm::ArrayRef<float> Shift;
    llvm::ArrayRef<int32_t> Logarithmic;
  };
  struct Layer {
    llvm::ArrayRef<double> Kernel, Bias;
    size_t Inputs, Outputs;
  };

  void readZScore(const WeightsFile &File);
  void readLayers(const WeightsFile &File, size_t Flags);
  void encode(const Candidate &Seen);
  void apply(const Layer &Applied);
  size_t countAtOrBelow(size_t Feature, float Value) const;
  double zScore(size_t Feature, float Value) const;

  const size_t Normalised, Density;
  const size_t Boundaries, Powers; // of each feature; x, x^2 and perhaps sqrt(x)
  const Logarithm Log2;
  llvm::ArrayRef<float> Edges, Buckets;
  llvm::ArrayRef<int32_t> Counts;
  bool WithZScore;
  ZScore Z;
  llvm::ArrayRef<double> LargestStages, SmallestStages;
  std::vector<Layer> Layers;
  std::vector<double> Inputs, Totals;
  std::vector<unsigned> Used; // which inputs are not 0
};

} // namespace regalloc

#endif
