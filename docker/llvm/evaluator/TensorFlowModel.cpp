// Any SavedModel, through TensorFlow's C API.
//
// LLVM 19 declares its evaluator in llvm/Analysis/Utils/TFUtils.h and implements it on TFLite; this is
// what stands behind it here. TensorFlow is loaded with dlopen when the first such model is, so that a
// compiler that needs none neither has to find the library nor pays for it.

#include "Fatal.h"
#include "Model.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include "tensorflow/c/c_api.h"

#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <string>

using namespace llvm;

namespace {

// --- the library --------------------------------------------------------------------------------

#define TF_FUNCTIONS(M)                                                        \
  M(TF_NewStatus)                                                              \
  M(TF_DeleteStatus)                                                           \
  M(TF_GetCode)                                                                \
  M(TF_Message)                                                                \
  M(TF_NewGraph)                                                               \
  M(TF_DeleteGraph)                                                            \
  M(TF_NewSessionOptions)                                                      \
  M(TF_SetConfig)                                                              \
  M(TF_DeleteSessionOptions)                                                   \
  M(TF_LoadSessionFromSavedModel)                                              \
  M(TF_CloseSession)                                                           \
  M(TF_DeleteSession)                                                          \
  M(TF_SessionRun)                                                             \
  M(TF_GraphOperationByName)                                                   \
  M(TF_GraphGetTensorNumDims)                                                  \
  M(TF_GraphGetTensorShape)                                                    \
  M(TF_OperationNumOutputs)                                                    \
  M(TF_OperationOutputType)                                                    \
  M(TF_AllocateTensor)                                                         \
  M(TF_DeleteTensor)                                                           \
  M(TF_TensorData)                                                             \
  M(TF_TensorByteSize)

struct TensorFlow {
#define DECLARE(NAME) decltype(&::NAME) NAME;
  TF_FUNCTIONS(DECLARE)
#undef DECLARE
};

constexpr const char *LibraryName = "libtensorflow_cc.so.2";
constexpr const char *LibraryVariable = "REGALLOC_TF_LIBRARY";

// Beside the binary this code was linked into (clang, or LLVMgold.so inside a linker), in
// ../lib/tensorflow; REGALLOC_TF_LIBRARY overrides it.
std::string libraryPath() {
  if (const char *Given = std::getenv(LibraryVariable))
    return Given;
  Dl_info Info;
  std::string Self;
  if (dladdr(reinterpret_cast<void *>(&libraryPath), &Info) && Info.dli_fname)
    Self = Info.dli_fname;
  // The main program is named as it was called, which may be relative to a PATH entry.
  if (StringRef(Self).take_back(3) != ".so")
    Self = "/proc/self/exe";
  SmallString<256> Path;
  if (sys::fs::real_path(Self, Path))
    return LibraryName;
  sys::path::remove_filename(Path);
  sys::path::append(Path, "..", "lib", "tensorflow", LibraryName);
  return std::string(Path);
}

TensorFlow loadLibrary() {
  // Read by the library when it is loaded: no chatter, and the same numbers on every processor.
  setenv("TF_CPP_MIN_LOG_LEVEL", "3", /*overwrite=*/0);
  setenv("TF_ENABLE_ONEDNN_OPTS", "0", /*overwrite=*/0);
  std::string Path = libraryPath();
  void *Handle = dlopen(Path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!Handle)
    regalloc::fatal("cannot load TensorFlow: " + Twine(dlerror()) + "; set " +
                    LibraryVariable + " to the path of " + LibraryName);
  TensorFlow API;
#define RESOLVE(NAME)                                                          \
  API.NAME = reinterpret_cast<decltype(API.NAME)>(dlsym(Handle, #NAME));       \
  if (!API.NAME)                                                               \
    regalloc::fatal(Path + " is not a TensorFlow library: it has no " #NAME);
  TF_FUNCTIONS(RESOLVE)
#undef RESOLVE
  return API;
}

const TensorFlow &tensorFlow() {
  static const TensorFlow API = loadLibrary();
  return API;
}

// --- types --------------------------------------------------------------------------------------

struct ElementType {
  TF_DataType TF;
  const char *Name;
};

ElementType elementType(TensorType Type) {
  switch (Type) {
  case TensorType::Float:
    return {TF_FLOAT, "float"};
  case TensorType::Double:
    return {TF_DOUBLE, "double"};
  case TensorType::Int8:
    return {TF_INT8, "int8"};
  case TensorType::UInt8:
    return {TF_UINT8, "uint8"};
  case TensorType::Int16:
    return {TF_INT16, "int16"};
  case TensorType::UInt16:
    return {TF_UINT16, "uint16"};
  case TensorType::Int32:
    return {TF_INT32, "int32"};
  case TensorType::UInt32:
    return {TF_UINT32, "uint32"};
  case TensorType::Int64:
    return {TF_INT64, "int64"};
  case TensorType::UInt64:
    return {TF_UINT64, "uint64"};
  default:
    regalloc::fatal("a tensor of an invalid type");
  }
}

std::string typeName(TF_DataType Type) {
  for (auto T : {TensorType::Float, TensorType::Double, TensorType::Int8,
                 TensorType::UInt8, TensorType::Int16, TensorType::UInt16,
                 TensorType::Int32, TensorType::UInt32, TensorType::Int64,
                 TensorType::UInt64})
    if (elementType(T).TF == Type)
      return elementType(T).Name;
  return "type " + std::to_string(static_cast<int>(Type));
}

std::string shapeName(const std::vector<int64_t> &Shape) {
  std::string Name = "[";
  for (size_t I = 0; I < Shape.size(); ++I)
    Name += (I ? "," : "") + (Shape[I] < 0 ? "?" : std::to_string(Shape[I]));
  return Name + "]";
}

// Whether the elements are the same in the same order: dimensions of 1 in front do not count, as
// LLVM's own test model has [33] where the compiler says [1,33]; -1 is a dimension that the graph
// leaves open.
bool fits(ArrayRef<int64_t> Graph, ArrayRef<int64_t> Spec) {
  size_t Rank = std::max(Graph.size(), Spec.size());
  for (size_t I = 1; I <= Rank; ++I) {
    int64_t Ours = I <= Graph.size() ? Graph[Graph.size() - I] : 1;
    int64_t Theirs = I <= Spec.size() ? Spec[Spec.size() - I] : 1;
    if (Ours != Theirs && Ours != -1)
      return false;
  }
  return true;
}

// --- a status that ends the process -------------------------------------------------------------

class Status {
public:
  Status() : Raw(tensorFlow().TF_NewStatus()) {}
  ~Status() { tensorFlow().TF_DeleteStatus(Raw); }
  Status(const Status &) = delete;
  operator TF_Status *() const { return Raw; }
  void check(const Twine &What) const {
    if (tensorFlow().TF_GetCode(Raw) == TF_OK)
      return;
    // TensorFlow's messages may run over lines; ours is one.
    std::string Message = tensorFlow().TF_Message(Raw);
    regalloc::fatal(What + ": " + StringRef(Message).split('\n').first);
  }

private:
  TF_Status *Raw;
};

// --- the model ----------------------------------------------------------------------------------

class TensorFlowResult : public EvaluationResultImpl {
public:
  explicit TensorFlowResult(size_t Count) : Tensors(Count) {}
  ~TensorFlowResult() override {
    for (TF_Tensor *Tensor : Tensors)
      if (Tensor)
        tensorFlow().TF_DeleteTensor(Tensor);
  }
  void *tensor(size_t Index) override {
    return tensorFlow().TF_TensorData(Tensors[Index]);
  }
  std::vector<TF_Tensor *> Tensors;
};

class TensorFlowModel : public TFModelEvaluatorImpl {
public:
  TensorFlowModel(StringRef Path, const regalloc::Specs &Inputs,
                  const regalloc::Specs &Outputs, const char *Tag);
  ~TensorFlowModel() override;

  void *input(size_t Index) override { return InputData[Index]; }
  std::unique_ptr<EvaluationResultImpl> run() override;

private:
  void load(const char *Tag);
  void addInput(const TensorSpec &Spec);
  void addOutput(const TensorSpec &Spec);
  std::vector<int64_t> check(const TensorSpec &Spec, TF_Output Found,
                             const char *What);

  const TensorFlow &TF = tensorFlow();
  const std::string Path;
  TF_Graph *Graph = TF.TF_NewGraph();
  TF_Session *Session = nullptr;
  // Only what the graph has is fed; LLVM may write to an input that it has not.
  std::vector<TF_Output> FeedOps, FetchOps;
  std::vector<TF_Tensor *> FeedTensors;
  std::vector<std::unique_ptr<char[]>> Unused;
  std::vector<void *> InputData;
  std::vector<size_t> OutputBytes;
};

TensorFlowModel::TensorFlowModel(StringRef Path, const regalloc::Specs &Inputs,
                                 const regalloc::Specs &Outputs, const char *Tag)
    : Path(Path.str()) {
  load(Tag);
  for (const TensorSpec &Spec : Inputs)
    addInput(Spec);
  for (const TensorSpec &Spec : Outputs)
    addOutput(Spec);
}

TensorFlowModel::~TensorFlowModel() {
  Status S;
  for (TF_Tensor *Tensor : FeedTensors)
    TF.TF_DeleteTensor(Tensor);
  TF.TF_CloseSession(Session, S);
  TF.TF_DeleteSession(Session, S);
  TF.TF_DeleteGraph(Graph);
}

void TensorFlowModel::load(const char *Tag) {
  if (!sys::fs::exists(Path + "/saved_model.pb"))
    regalloc::fatal("there is no model in " + Path +
                    ": saved_model.pb is missing");
  // A serialized tensorflow.ConfigProto. One decision is too small to share among threads, and
  // compiles already run side by side; optimising the graph takes longer than running it.
  const unsigned char Config[] = {
      0x10, 0x01, // intra_op_parallelism_threads: 1
      0x28, 0x01, // inter_op_parallelism_threads: 1
      0x52, 0x12, // graph_options {
      0x1a, 0x0b, 0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0x01,                               // optimizer_options { opt_level: L0 }
      0x52, 0x03, 0x98, 0x01, 0x01};      // rewrite_options { disable_meta_optimizer: true } }
  Status S;
  TF_SessionOptions *Options = TF.TF_NewSessionOptions();
  TF.TF_SetConfig(Options, Config, sizeof(Config), S);
  S.check("TensorFlow refuses its options");
  Session = TF.TF_LoadSessionFromSavedModel(Options, nullptr, Path.c_str(),
                                            &Tag, 1, Graph, nullptr, S);
  TF.TF_DeleteSessionOptions(Options);
  S.check("cannot load the model in " + Path);
}

void TensorFlowModel::addInput(const TensorSpec &Spec) {
  TF_Operation *Op = TF.TF_GraphOperationByName(Graph, Spec.name().c_str());
  if (!Op || Spec.port() >= TF.TF_OperationNumOutputs(Op)) {
    Unused.push_back(
        std::make_unique<char[]>(Spec.getTotalTensorBufferSize()));
    InputData.push_back(Unused.back().get());
    return;
  }
  TF_Output Input{Op, Spec.port()};
  std::vector<int64_t> Shape = check(Spec, Input, "input");
  TF_Tensor *Tensor = TF.TF_AllocateTensor(
      elementType(Spec.type()).TF, Shape.data(), static_cast<int>(Shape.size()),
      Spec.getTotalTensorBufferSize());
  std::memset(TF.TF_TensorData(Tensor), 0, Spec.getTotalTensorBufferSize());
  FeedOps.push_back(Input);
  FeedTensors.push_back(Tensor);
  InputData.push_back(TF.TF_TensorData(Tensor));
}

void TensorFlowModel::addOutput(const TensorSpec &Spec) {
  TF_Operation *Op = TF.TF_GraphOperationByName(Graph, Spec.name().c_str());
  if (!Op || Spec.port() >= TF.TF_OperationNumOutputs(Op))
    regalloc::fatal("the model in " + Path + " has no output " + Spec.name() +
                    ":" + Twine(Spec.port()) +
                    ", which its output_spec.json names");
  TF_Output Output{Op, Spec.port()};
  check(Spec, Output, "output");
  FetchOps.push_back(Output);
  OutputBytes.push_back(Spec.getTotalTensorBufferSize());
}

// Ends the process unless the graph's tensor has the type and, as far as the graph knows it, the
// shape of the spec. Returns the shape to use: the graph's where it is fully known.
std::vector<int64_t> TensorFlowModel::check(const TensorSpec &Spec,
                                                 TF_Output Found,
                                                 const char *What) {
  Status S;
  TF_DataType Type = TF.TF_OperationOutputType(Found);
  ElementType Wanted = elementType(Spec.type());
  if (Type != Wanted.TF)
    regalloc::fatal(Twine(What) + " " + Spec.name() + " of the model in " +
                    Path + " is of type " + typeName(Type) +
                    ", but the compiler uses " + Wanted.Name);
  int Rank = TF.TF_GraphGetTensorNumDims(Graph, Found, S);
  S.check("cannot read the shape of " + Spec.name());
  if (Rank < 0)
    return Spec.shape();
  std::vector<int64_t> Shape(Rank);
  TF.TF_GraphGetTensorShape(Graph, Found, Shape.data(), Rank, S);
  S.check("cannot read the shape of " + Spec.name());
  if (!fits(Shape, Spec.shape()))
    regalloc::fatal(Twine(What) + " " + Spec.name() + " of the model in " +
                    Path + " has shape " + shapeName(Shape) +
                    ", but the compiler uses " + shapeName(Spec.shape()));
  return is_contained(Shape, -1) ? Spec.shape() : Shape;
}

std::unique_ptr<EvaluationResultImpl> TensorFlowModel::run() {
  auto Result = std::make_unique<TensorFlowResult>(FetchOps.size());
  Status S;
  TF.TF_SessionRun(Session, nullptr, FeedOps.data(), FeedTensors.data(),
                   static_cast<int>(FeedOps.size()), FetchOps.data(),
                   Result->Tensors.data(), static_cast<int>(FetchOps.size()),
                   nullptr, 0, nullptr, S);
  S.check("cannot run the model in " + Path);
  for (size_t I = 0; I < OutputBytes.size(); ++I)
    if (TF.TF_TensorByteSize(Result->Tensors[I]) < OutputBytes[I])
      regalloc::fatal("output " + Twine(I) + " of the model in " + Path +
                      " is smaller than its output_spec.json says");
  return Result;
}

} // namespace

regalloc::Model regalloc::loadTensorFlowModel(StringRef Folder,
                                              const Specs &Inputs,
                                              const Specs &Outputs,
                                              const char *Tag) {
  return std::make_unique<TensorFlowModel>(Folder, Inputs, Outputs, Tag);
}
