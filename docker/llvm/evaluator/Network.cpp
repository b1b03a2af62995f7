#include "Network.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstring>

using namespace llvm;

namespace regalloc {

namespace {

constexpr double One = 1 << 16;
constexpr double ActivationLimit = 1 << 8;
constexpr double ValueLimit = 1 << 10;
constexpr double LogitLimit = 1 << 12;

constexpr unsigned MantissaBits = 23;
constexpr unsigned IndexBits = 10;
constexpr unsigned RestBits = MantissaBits - IndexBits;

constexpr int64_t Stages = 7;

// LLVM's infinite and undefined densities are read as 1, subnormal numbers as 0.
float known(float Value) {
  if (!std::isfinite(Value))
    return 1.0f;
  return Value < FLT_MIN ? 0.0f : Value;
}

const double *stageRow(ArrayRef<double> Table, int64_t Stage, size_t Width) {
  return Table.data() +
         std::clamp<int64_t>(Stage, 0, Stages - 1) * static_cast<int64_t>(Width);
}

// Adds the rows of a matrix, each times its input. Most inputs are 0. Columns are taken in blocks
// that stay in registers, as wide as the processor's: the sums are exact in whatever order.
constexpr size_t Block = 16;

__attribute__((target_clones("avx512f", "avx2", "default"))) void
addProduct(double *Totals, const double *Matrix, size_t Width, const double *Inputs,
           const unsigned *Used, size_t Count) {
  size_t Begin = 0;
  for (; Begin + Block <= Width; Begin += Block) {
    double Sums[Block];
    for (size_t J = 0; J < Block; ++J)
      Sums[J] = Totals[Begin + J];
    for (size_t I = 0; I < Count; ++I) {
      const double Input = Inputs[Used[I]];
      const double *Row = Matrix + Used[I] * Width + Begin;
      for (size_t J = 0; J < Block; ++J)
        Sums[J] += Input * Row[J];
    }
    for (size_t J = 0; J < Block; ++J)
      Totals[Begin + J] = Sums[J];
  }
  for (size_t I = 0; I < Count; ++I)
    for (size_t J = Begin; J < Width; ++J)
      Totals[J] += Inputs[Used[I]] * Matrix[Used[I] * Width + J];
}

} // namespace

double roundOff(double Value, double Limit) {
  double Shifted = std::clamp(Value, -Limit, Limit) * One + 0.5;
  // The floor, without a call: the number is small enough for an integer.
  auto Whole = static_cast<int64_t>(Shifted);
  return static_cast<double>(Whole - (static_cast<double>(Whole) > Shifted)) / One;
}

Logarithm::Logarithm(const WeightsFile &File)
    : Logs(File.array<double>("logs", {1 << IndexBits})),
      Steps(File.array<double>("steps", {1 << IndexBits})) {}

double Logarithm::operator()(float Value) const {
  int32_t Bits;
  std::memcpy(&Bits, &Value, sizeof(Bits));
  int32_t Index = (Bits >> RestBits) & ((1 << IndexBits) - 1);
  int32_t Rest = Bits & ((1 << RestBits) - 1);
  return (Bits >> MantissaBits) + Logs[Index] + Rest * Steps[Index];
}

Network::Network(const WeightsFile &File, size_t Normalised, size_t Flags,
                 size_t Density)
    : Normalised(Normalised), Density(Density),
      Boundaries(File.dimension("boundaries", 1)),
      Powers(File.dimension("buckets", 2)), Log2(File),
      WithZScore(File.has("slope")) {
  auto Rows = static_cast<int64_t>(Normalised);
  Edges = File.array<float>("boundaries", {Rows, static_cast<int64_t>(Boundaries)});
  Counts = File.array<int32_t>("counts", {Rows});
  int64_t Size = File.dimension("buckets", 1);
  Buckets = File.array<float>("buckets", {Rows, Size, static_cast<int64_t>(Powers)});
  for (int32_t Count : Counts)
    if (Count < 1 || Count >= Size || static_cast<size_t>(Count) > Boundaries)
      File.fail("a feature has " + Twine(Count) + " boundaries");
  if (WithZScore)
    readZScore(File);
  readLayers(File, Flags);
}

void Network::readZScore(const WeightsFile &File) {
  auto Rows = static_cast<int64_t>(Normalised);
  Z.Unit = File.array<double>("unit", {Rows});
  Z.Centre = File.array<double>("centre", {Rows});
  Z.Slope = File.array<double>("slope", {Rows});
  Z.Shift = File.array<float>("shift", {Rows});
  Z.Logarithmic = File.array<int32_t>("logarithmic", {Rows});
}

void Network::readLayers(const WeightsFile &File, size_t Flags) {
  auto Width = static_cast<int64_t>((Powers + WithZScore) * Normalised + 1 + Flags);
  int64_t Count = File.number("layers"), Largest = Width;
  if (Count < 1)
    File.fail("its network has no layers");
  for (int64_t I = 0; I < Count; ++I) {
    std::string Number = std::to_string(I);
    int64_t Outputs = I + 1 < Count ? File.dimension("kernel_" + Number, 1) : 1;
    Layer Next{File.array<double>("kernel_" + Number, {Width, Outputs}), {},
               static_cast<size_t>(Width), static_cast<size_t>(Outputs)};
    if (I)
      Next.Bias = File.array<double>("bias_" + Number, {Outputs});
    Layers.push_back(Next);
    Width = Outputs;
    Largest = std::max(Largest, Width);
  }
  auto Outputs = static_cast<int64_t>(Layers.front().Outputs);
  LargestStages = File.array<double>("max_stage", {Stages, Outputs});
  SmallestStages = File.array<double>("min_stage", {Stages, Outputs});
  Inputs.resize(Largest);
  Totals.resize(Largest);
  Used.resize(Largest);
}

size_t Network::countAtOrBelow(size_t Feature, float Value) const {
  const float *Begin = Edges.data() + Feature * Boundaries;
  return std::upper_bound(Begin, Begin + Counts[Feature], Value) - Begin;
}

double Network::zScore(size_t Feature, float Value) const {
  double Number = Z.Logarithmic[Feature] ? Log2(Value + Z.Shift[Feature])
                                         : Value * Z.Unit[Feature];
  double Score = (roundOff(Number, ValueLimit) - Z.Centre[Feature]) * Z.Slope[Feature];
  return roundOff(Score, ActivationLimit);
}

// Writes the first layer's inputs: the powers of all features, their z-scores, and the flags.
void Network::encode(const Candidate &Seen) {
  const size_t Size = Buckets.size() / (Normalised * Powers);
  for (size_t Feature = 0; Feature < Normalised; ++Feature) {
    float Value = known(Seen.Values[Feature]);
    size_t Bucket = Feature * Size + countAtOrBelow(Feature, Value);
    for (size_t Power = 0; Power < Powers; ++Power)
      Inputs[Power * Normalised + Feature] = Buckets[Bucket * Powers + Power];
    if (WithZScore)
      Inputs[Powers * Normalised + Feature] = zScore(Feature, Value);
  }
  double *Next = Inputs.data() + (Powers + WithZScore) * Normalised;
  *Next++ = !std::isfinite(Seen.Values[Density]);
  for (int64_t Flag : Seen.Flags)
    *Next++ = roundOff(static_cast<double>(Flag), ActivationLimit);
}

// Adds to the totals what a layer makes of the inputs.
void Network::apply(const Layer &Applied) {
  size_t Count = 0;
  for (size_t I = 0; I < Applied.Inputs; ++I)
    if (Inputs[I] != 0)
      Used[Count++] = I;
  addProduct(Totals.data(), Applied.Kernel.data(), Applied.Outputs, Inputs.data(), Used.data(),
             Count);
}

double Network::rate(const Candidate &Seen) {
  encode(Seen);
  const Layer &First = Layers.front();
  const double *Largest = stageRow(LargestStages, Seen.LargestStage, First.Outputs);
  const double *Smallest = stageRow(SmallestStages, Seen.SmallestStage, First.Outputs);
  for (size_t J = 0; J < First.Outputs; ++J)
    Totals[J] = Largest[J] + Smallest[J];
  apply(First);
  for (const Layer &Next : llvm::drop_begin(Layers)) {
    for (size_t J = 0; J < Next.Inputs; ++J)
      Inputs[J] = Totals[J] > 0 ? roundOff(Totals[J], ActivationLimit) : 0.0;
    std::copy(Next.Bias.begin(), Next.Bias.end(), Totals.begin());
    apply(Next);
  }
  return roundOff(Totals[0], LogitLimit);
}

} // namespace regalloc
