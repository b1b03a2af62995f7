// A policy of our own export, evaluated without TensorFlow: what the SavedModel beside it decides.

#include "Fatal.h"
#include "Model.h"
#include "Network.h"
#include "Sampling.h"

#include <optional>

using namespace llvm;

namespace {

constexpr const char *InputPrefix = "action_";

// On so few bits that noise and logit add up exactly: round(ln 2 * 2^24) / 2^24.
constexpr double Ln2 = 11629080.0 / (1 << 24);
constexpr double ValueLimit = 1 << 10;

struct Feature {
  std::string Name, Type;
  std::vector<int64_t> Shape;
  size_t Count;
};

// A tensor that the network reads at each position, one number or one for each.
template <typename T> struct Column {
  const T *Data;
  size_t Stride;
  T at(size_t Position) const { return Data[Position * Stride]; }
};

class NativeResult : public EvaluationResultImpl {
public:
  explicit NativeResult(int64_t Decision) : Decision(Decision) {}
  void *tensor(size_t) override { return &Decision; }

private:
  int64_t Decision;
};

class NativeModel : public TFModelEvaluatorImpl {
public:
  NativeModel(StringRef Folder, const regalloc::Specs &Inputs,
              const regalloc::Specs &Outputs);

  void *input(size_t Index) override { return Buffers[Index].data(); }
  std::unique_ptr<EvaluationResultImpl> run() override {
    return std::make_unique<NativeResult>(decide());
  }

private:
  Feature readFeature(const json::Value &Entry) const;
  void bind(const Feature &Wanted, const regalloc::Specs &Inputs);
  void checkOutputs(const regalloc::Specs &Outputs) const;
  void createNetwork();
  size_t indexOf(StringRef Name) const;
  template <typename T> Column<T> column(StringRef Name) const;
  template <typename T> std::vector<Column<T>> columns(StringRef Key) const;

  int64_t decide();
  double rate(size_t Position);
  double noise(size_t Position) const;

  const regalloc::WeightsFile File;
  std::vector<std::vector<uint64_t>> Buffers; // one an input, aligned for any type
  std::vector<Feature> Features;
  std::vector<regalloc::Tensor> Tensors; // one a feature
  Column<int64_t> Mask{nullptr, 0};
  size_t Positions = 0;
  std::optional<regalloc::Network> Net;
  std::optional<regalloc::Sampler> Draw;
  std::optional<regalloc::Logarithm> Log2;
  std::vector<Column<float>> Values;
  std::vector<Column<int64_t>> Flags, Stages;
  std::vector<float> SeenValues;
  std::vector<int64_t> SeenFlags;
};

NativeModel::NativeModel(StringRef Folder, const regalloc::Specs &Inputs,
                         const regalloc::Specs &Outputs)
    : File(Folder) {
  for (const TensorSpec &Spec : Inputs)
    Buffers.emplace_back(Spec.getTotalTensorBufferSize() / sizeof(uint64_t) + 1);
  for (const json::Value &Entry : File.list("features")) {
    Features.push_back(readFeature(Entry));
    bind(Features.back(), Inputs);
  }
  checkOutputs(Outputs);
  Mask = column<int64_t>(File.text("mask"));
  Positions = Features[indexOf(File.text("mask"))].Count;
  std::string Kind = File.text("kind");
  if (Kind != "greedy" && Kind != "sampling" && Kind != "random")
    File.fail("it is a policy of an unknown kind, " + Kind);
  if (Kind != "greedy") {
    size_t Elements = 0;
    for (const Feature &F : Features)
      Elements += F.Count;
    Draw.emplace(File.number("seed"), Elements);
  }
  if (Kind != "random")
    createNetwork();
}

Feature NativeModel::readFeature(const json::Value &Entry) const {
  const json::Object None, *Found = Entry.getAsObject();
  const json::Object &Object = Found ? *Found : None;
  auto Name = Object.getString("name"), Type = Object.getString("type");
  const json::Array *Shape = Object.getArray("shape");
  if (!Name || !Type || !Shape)
    File.fail("a feature in its header lacks its name, type or shape");
  Feature Read{Name->str(), Type->str(), {}, 1};
  for (const json::Value &Size : *Shape) {
    Read.Shape.push_back(Size.getAsInteger() ? *Size.getAsInteger() : 0);
    Read.Count *= static_cast<size_t>(Read.Shape.back());
  }
  if (!Read.Count)
    File.fail("feature " + Read.Name + " in its header has no elements");
  return Read;
}

// Finds the compiler's input that is a feature, which must be of the same type and shape.
void NativeModel::bind(const Feature &Wanted, const regalloc::Specs &Inputs) {
  for (size_t I = 0; I < Inputs.size(); ++I) {
    const TensorSpec &Spec = Inputs[I];
    if (Spec.name() != InputPrefix + Wanted.Name)
      continue;
    bool IsFloat = Spec.isElementType<float>();
    if (Spec.shape() != Wanted.Shape ||
        (IsFloat ? Wanted.Type != "float"
                 : !Spec.isElementType<int64_t>() || Wanted.Type != "int64_t"))
      break;
    Tensors.push_back({Buffers[I].data(), Wanted.Count, IsFloat});
    return;
  }
  File.fail("the compiler has no feature " + Wanted.Name + " of its type and shape");
}

void NativeModel::checkOutputs(const regalloc::Specs &Outputs) const {
  if (Outputs.size() != 1 || !Outputs[0].isElementType<int64_t>() ||
      Outputs[0].getElementCount() != 1)
    File.fail("it decides with one int64_t, and output_spec.json wants something else");
}

void NativeModel::createNetwork() {
  Values = columns<float>("normalised");
  Flags = columns<int64_t>("flags");
  Stages = columns<int64_t>("stages");
  if (Stages.size() != 2)
    File.fail("it has " + Twine(Stages.size()) + " stages, and should have 2");
  std::vector<std::string> Names = File.texts("normalised");
  auto Density = llvm::find(Names, File.text("density"));
  if (Density == Names.end())
    File.fail("its density is not among the features it normalises");
  Net.emplace(File, Values.size(), Flags.size(), Density - Names.begin());
  Log2.emplace(File);
  SeenValues.resize(Values.size());
  SeenFlags.resize(Flags.size());
}

size_t NativeModel::indexOf(StringRef Name) const {
  for (size_t I = 0; I < Features.size(); ++I)
    if (Features[I].Name == Name)
      return I;
  File.fail("it uses a feature that it does not list, " + Name);
}

template <typename T> Column<T> NativeModel::column(StringRef Name) const {
  const regalloc::Tensor &Found = Tensors[indexOf(Name)];
  if (Found.IsFloat != std::is_same_v<T, float> ||
      (Found.Count != 1 && Positions && Found.Count != Positions))
    File.fail("feature " + Name + " is not of the type and shape that the policy needs");
  return {static_cast<const T *>(Found.Data), Found.Count == 1 ? 0u : 1u};
}

template <typename T>
std::vector<Column<T>> NativeModel::columns(StringRef Key) const {
  std::vector<Column<T>> Found;
  for (const std::string &Name : File.texts(Key))
    Found.push_back(column<T>(Name));
  return Found;
}

// The first of the legal positions that is rated highest; 0 when there is none.
int64_t NativeModel::decide() {
  if (Draw)
    Draw->observe(Tensors);
  int64_t Best = -1;
  double Highest = 0;
  for (size_t Position = 0; Position < Positions; ++Position) {
    if (Mask.at(Position) <= 0)
      continue;
    double Rated = rate(Position);
    if (Best < 0 || Rated > Highest) {
      Best = static_cast<int64_t>(Position);
      Highest = Rated;
    }
  }
  return std::max<int64_t>(Best, 0);
}

double NativeModel::rate(size_t Position) {
  if (!Net)
    return Draw->uniform(Position);
  for (size_t I = 0; I < Values.size(); ++I)
    SeenValues[I] = Values[I].at(Position);
  for (size_t I = 0; I < Flags.size(); ++I)
    SeenFlags[I] = Flags[I].at(Position);
  double Logit = Net->rate({SeenValues, SeenFlags, Stages[0].at(Position), Stages[1].at(Position)});
  return Draw ? Logit + noise(Position) : Logit;
}

// Gumbel noise, whose argmax with the logits is a draw from the categorical.
double NativeModel::noise(size_t Position) const {
  auto Inner = static_cast<float>(-(*Log2)(Draw->uniform(Position)));
  return -regalloc::roundOff((*Log2)(Inner), ValueLimit) * Ln2;
}

} // namespace

regalloc::Model regalloc::loadNativeModel(StringRef Folder, const Specs &Inputs,
                                          const Specs &Outputs) {
  return std::make_unique<NativeModel>(Folder, Inputs, Outputs);
}
