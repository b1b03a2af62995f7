#include "Policy.h"

using namespace llvm;

namespace regalloc {

namespace {

// On so few bits that noise and logit add up exactly: round(ln 2 * 2^24) / 2^24.
constexpr double Ln2 = 11629080.0 / (1 << 24);
constexpr double ValueLimit = 1 << 10;

} // namespace

Policy::Policy(std::unique_ptr<WeightsFile> Read, const std::vector<TensorSpec> &Inputs, StringRef Prefix)
    : File(std::move(Read)) {
  makeBuffers(Inputs);
  for (const json::Value &Entry : File->list("features")) {
    Features.push_back(readFeature(Entry));
    bind(Features.back(), Inputs, Prefix);
    Elements += Features.back().Count;
  }
  Mask = column<int64_t>(File->text("mask"));
  Positions = Features[indexOf(File->text("mask"))].Count;
  std::string Kind = File->text("kind");
  if (Kind != "greedy" && Kind != "sampling" && Kind != "random")
    File->fail("it is a policy of an unknown kind, " + Kind);
  if (Kind != "greedy")
    draw(File->number("seed"));
  if (Kind != "random")
    createNetwork();
}

void Policy::makeBuffers(const std::vector<TensorSpec> &Inputs) {
  for (const TensorSpec &Spec : Inputs)
    Buffers.emplace_back(Spec.getTotalTensorBufferSize() / sizeof(uint64_t) + 1);
}

Policy::Feature Policy::readFeature(const json::Value &Entry) const {
  const json::Object None, *Found = Entry.getAsObject();
  const json::Object &Object = Found ? *Found : None;
  auto Name = Object.getString("name"), Type = Object.getString("type");
  const json::Array *Shape = Object.getArray("shape");
  if (!Name || !Type || !Shape)
    File->fail("a feature in its header lacks its name, type or shape");
  Feature Read{Name->str(), Type->str(), {}, 1};
  for (const json::Value &Size : *Shape) {
    Read.Shape.push_back(Size.getAsInteger() ? *Size.getAsInteger() : 0);
    Read.Count *= static_cast<size_t>(Read.Shape.back());
  }
  if (!Read.Count)
    File->fail("feature " + Read.Name + " in its header has no elements");
  return Read;
}

// Finds the compiler's input that is a feature, which must be of the same type and shape.
void Policy::bind(const Feature &Wanted, const std::vector<TensorSpec> &Inputs, StringRef Prefix) {
  for (size_t I = 0; I < Inputs.size(); ++I) {
    const TensorSpec &Spec = Inputs[I];
    if (Spec.name() != (Prefix + Wanted.Name).str())
      continue;
    bool IsFloat = Spec.isElementType<float>();
    if (Spec.shape() != Wanted.Shape ||
        (IsFloat ? Wanted.Type != "float"
                 : !Spec.isElementType<int64_t>() || Wanted.Type != "int64_t"))
      break;
    Tensors.push_back({Buffers[I].data(), Wanted.Count, IsFloat});
    return;
  }
  File->fail("the compiler has no feature " + Wanted.Name + " of its type and shape");
}

void Policy::createNetwork() {
  Values = columns<float>("normalised");
  Flags = columns<int64_t>("flags");
  Stages = columns<int64_t>("stages");
  if (Stages.size() != 2)
    File->fail("it has " + Twine(Stages.size()) + " stages, and should have 2");
  std::vector<std::string> Names = File->texts("normalised");
  auto Density = llvm::find(Names, File->text("density"));
  if (Density == Names.end())
    File->fail("its density is not among the features it normalises");
  Net.emplace(*File, Values.size(), Flags.size(), Density - Names.begin());
  Log2.emplace(*File);
  SeenValues.resize(Values.size());
  SeenFlags.resize(Flags.size());
}

size_t Policy::indexOf(StringRef Name) const {
  for (size_t I = 0; I < Features.size(); ++I)
    if (Features[I].Name == Name)
      return I;
  File->fail("it uses a feature that it does not list, " + Name);
}

template <typename T> Policy::Column<T> Policy::column(StringRef Name) const {
  const Tensor &Found = Tensors[indexOf(Name)];
  if (Found.IsFloat != std::is_same_v<T, float> ||
      (Found.Count != 1 && Positions && Found.Count != Positions))
    File->fail("feature " + Name + " is not of the type and shape that the policy needs");
  return {static_cast<const T *>(Found.Data), Found.Count == 1 ? 0u : 1u};
}

template <typename T>
std::vector<Policy::Column<T>> Policy::columns(StringRef Key) const {
  std::vector<Column<T>> Found;
  for (const std::string &Name : File->texts(Key))
    Found.push_back(column<T>(Name));
  return Found;
}

int64_t Policy::decide() {
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

double Policy::rate(size_t Position) {
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
double Policy::noise(size_t Position) const {
  auto Inner = static_cast<float>(-(*Log2)(Draw->uniform(Position)));
  return -roundOff((*Log2)(Inner), ValueLimit) * Ln2;
}

} // namespace regalloc
