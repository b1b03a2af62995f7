// LLVM 15's training log, written without protocol buffers' library, which lies inside TensorFlow.
//
// Declared in llvm/Analysis/Utils/TFUtils.h. The log is a google.protobuf.Struct from function to
// string, and that the base64 of a tensorflow.SequenceExample; -tfutils-text-log writes both as text
// instead, for LLVM's own tests. Maps are written in the order of their keys, so that equal compiles
// write equal logs. The functions' names are known at the end alone; till then the logs of rollouts
// beside the compile's own hold nameless records.

#include "Fatal.h"
#include "Rollouts.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Analysis/Utils/TFUtils.h"
#include "llvm/Support/Base64.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/LEB128.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <cfloat>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <type_traits>

using namespace llvm;

static cl::opt<bool> TextMode("tfutils-text-log", cl::init(false), cl::Hidden,
                              cl::desc("Write the training log as text"));

namespace {

// --- messages -----------------------------------------------------------------------------------

// A field of a protocol buffer: a message, a string, or a list of numbers that goes by one name.
struct Field {
  unsigned Number;
  const char *Name;
  std::vector<Field> Parts = {};
  const std::string *Text = nullptr;
  ArrayRef<float> Floats = {};
  ArrayRef<int64_t> Integers = {};
};

constexpr unsigned LengthDelimited = 2;

// Integers and lengths are written as seven bits a byte; numbers of a list without their tag.
void writeBinary(const Field &Written, raw_ostream &OS) {
  std::string Content;
  raw_string_ostream Inner(Content);
  if (Written.Text)
    Inner << *Written.Text;
  Inner << StringRef(reinterpret_cast<const char *>(Written.Floats.data()),
                     Written.Floats.size() * sizeof(float));
  for (int64_t Value : Written.Integers)
    encodeULEB128(static_cast<uint64_t>(Value), Inner);
  for (const Field &Part : Written.Parts)
    writeBinary(Part, Inner);
  Inner.flush();
  encodeULEB128(Written.Number << 3 | LengthDelimited, OS);
  encodeULEB128(Content.size(), OS);
  OS << Content;
}

void writeQuoted(StringRef Text, raw_ostream &OS) {
  OS << '"';
  for (char C : Text)
    if (C == '\n')
      OS << "\\n";
    else if (C == '"' || C == '\'' || C == '\\')
      OS << '\\' << C;
    else if (isPrint(C))
      OS << C;
    else {
      char Octal[5];
      std::snprintf(Octal, sizeof(Octal), "\\%03o", static_cast<unsigned char>(C));
      OS << Octal;
    }
  OS << '"';
}

// As few digits as give the number back: 6, or else 9.
void writeFloat(float Value, raw_ostream &OS) {
  char Digits[32];
  std::snprintf(Digits, sizeof(Digits), "%.*g", FLT_DIG, Value);
  if (std::strtof(Digits, nullptr) != Value)
    std::snprintf(Digits, sizeof(Digits), "%.*g", FLT_DIG + 3, Value);
  OS << Digits;
}

void writeText(const Field &Written, raw_ostream &OS, unsigned Indent) {
  if (Written.Text) {
    OS.indent(Indent) << Written.Name << ": ";
    writeQuoted(*Written.Text, OS);
    OS << '\n';
    return;
  }
  for (float Value : Written.Floats) {
    OS.indent(Indent) << Written.Name << ": ";
    writeFloat(Value, OS);
    OS << '\n';
  }
  for (int64_t Value : Written.Integers)
    OS.indent(Indent) << Written.Name << ": " << Value << '\n';
  if (!Written.Floats.empty() || !Written.Integers.empty())
    return;
  OS.indent(Indent) << Written.Name << " {\n";
  for (const Field &Part : Written.Parts)
    writeText(Part, OS, Indent + 2);
  OS.indent(Indent) << "}\n";
}

void write(const Field &Written, raw_ostream &OS) {
  if (TextMode)
    writeText(Written, OS, 0);
  else
    writeBinary(Written, OS);
}

// --- a feature's values -------------------------------------------------------------------------

// The numbers of each record, which stay where they are while others are added.
class Series {
public:
  explicit Series(const TensorSpec &Spec)
      : IsFloat(Spec.isElementType<float>()), Count(Spec.getElementCount()) {
    assert((IsFloat || Spec.isElementType<int32_t>() ||
            Spec.isElementType<int64_t>()) &&
           "the log holds floats and integers");
  }

  char *add() {
    if (IsFloat)
      return reinterpret_cast<char *>(Floats.emplace_back(Count).data());
    return reinterpret_cast<char *>(Integers.emplace_back(Count).data());
  }
  template <typename T> void add(T Value) {
    if (IsFloat)
      Floats.push_back({static_cast<float>(Value)});
    else
      Integers.push_back({static_cast<int64_t>(Value)});
  }
  size_t size() const { return IsFloat ? Floats.size() : Integers.size(); }

  // The value of a map's entry, a FeatureList.
  Field list() const {
    Field List{2, "value"};
    for (const std::vector<float> &Values : Floats)
      List.Parts.push_back({1, "feature", {{2, "float_list", {packed(Values)}}}});
    for (const std::vector<int64_t> &Values : Integers)
      List.Parts.push_back({1, "feature", {{3, "int64_list", {packed(Values)}}}});
    return List;
  }

private:
  template <typename T> static Field packed(const std::vector<T> &Values) {
    Field Packed{1, "value"};
    if constexpr (std::is_same_v<T, float>)
      Packed.Floats = Values;
    else
      Packed.Integers = Values;
    return Packed;
  }

  const bool IsFloat;
  const size_t Count;
  std::deque<std::vector<float>> Floats;
  std::deque<std::vector<int64_t>> Integers;
};

} // namespace

// --- a function's records -------------------------------------------------------------------------

namespace llvm {

class LoggerDataImpl {
public:
  LoggerDataImpl(ArrayRef<LoggedFeatureSpec> Specs, const TensorSpec &RewardSpec)
      : RewardName(RewardSpec.name()), Rewards(RewardSpec) {
    for (const LoggedFeatureSpec &Logged : Specs) {
      Names.push_back(Logged.getLoggingName());
      Features.emplace_back(Logged.Spec);
    }
  }

  char *add(size_t Feature) { return Features[Feature].add(); }
  template <typename T> void addReward(T Value) { Rewards.add(Value); }
  size_t records() const { return Features.empty() ? 0 : Features.front().size(); }

  // The fields of a SequenceExample.
  std::string serialize(bool WithReward) const {
    std::map<std::string, const Series *> ByName;
    for (size_t I = 0; I < Names.size(); ++I)
      ByName[Names[I]] = &Features[I];
    if (WithReward)
      ByName[RewardName] = &Rewards;
    Field Lists{2, "feature_lists"};
    for (const auto &Named : ByName) {
      Field Key{1, "key"};
      Key.Text = &Named.first;
      Lists.Parts.push_back({1, "feature_list", {Key, Named.second->list()}});
    }
    std::string Written;
    raw_string_ostream OS(Written);
    write(Lists, OS);
    return OS.str();
  }

  // Which of the module's functions with a decision it is, by when they were done.
  size_t Number = 0;

private:
  const std::string RewardName;
  Series Rewards;
  std::vector<std::string> Names;
  std::deque<Series> Features;
};

} // namespace llvm

// --- other rollouts -----------------------------------------------------------------------------

namespace {

namespace rollouts = regalloc::rollouts;

// Their logs, one nameless record for each function that is done.
std::vector<std::unique_ptr<raw_fd_ostream>> Others;
size_t FunctionsDone = 0;

void openOthers() {
  if (Others.empty())
    for (const std::string &Path : rollouts::logs())
      Others.push_back(rollouts::openLog(Path));
}

void finishFunction(LoggerDataImpl &Done, bool WithReward) {
  if (!Done.records())
    return;
  Done.Number = FunctionsDone++;
  if (rollouts::current()) {
    std::string Example = Done.serialize(WithReward);
    raw_fd_ostream &Log = *Others[rollouts::current() - 1];
    Log << Example.size() << '\n' << Example;
    Log.flush();
  }
  rollouts::leaveFunction();
}

std::vector<std::string> readRecords(StringRef Path) {
  auto File = MemoryBuffer::getFile(Path);
  if (!File)
    regalloc::fatal("cannot read " + Path + ": " + File.getError().message());
  std::vector<std::string> Records;
  StringRef Rest = (*File)->getBuffer();
  while (!Rest.empty()) {
    size_t Size = 0;
    if (Rest.consumeInteger(10, Size) || !Rest.consume_front("\n") || Rest.size() < Size)
      regalloc::fatal(Path + " is damaged");
    Records.push_back(Rest.take_front(Size).str());
    Rest = Rest.drop_front(Size);
  }
  return Records;
}

// Writes a log: an entry for every function; that of one without a decision is empty.
void writeLog(raw_ostream &OS, const std::map<std::string, std::string> &Examples) {
  for (const auto &Named : Examples) {
    std::string Example = TextMode ? Named.second : encodeBase64(Named.second);
    Field Key{1, "key"}, Value{3, "string_value"};
    Key.Text = &Named.first;
    Value.Text = &Example;
    write({1, "fields", {Key, {2, "value", {Value}}}}, OS);
  }
}

} // namespace

// --- LLVM's class -------------------------------------------------------------------------------

Logger::Logger(const std::vector<LoggedFeatureSpec> &FeatureSpecs,
               const TensorSpec &RewardSpec, bool IncludeReward)
    : FeatureSpecs(FeatureSpecs), RewardSpec(RewardSpec),
      IncludeReward(IncludeReward),
      LoggerData(std::make_unique<LoggerDataImpl>(FeatureSpecs, RewardSpec)) {
  openOthers();
  rollouts::enterFunction();
}

Logger::~Logger() = default;

void Logger::logFloatReward(float Value) { LoggerData->addReward(Value); }
void Logger::logInt32Reward(int32_t Value) { LoggerData->addReward(Value); }
void Logger::logInt64Reward(int64_t Value) { LoggerData->addReward(Value); }

// The last record's reward is the episode's; those before it are 0.
#define LOG_FINAL_REWARD(NAME, TYPE)                                           \
  void Logger::log##NAME##FinalReward(TYPE Value) {                            \
    for (size_t I = 1; I < LoggerData->records(); ++I)                         \
      log##NAME##Reward(0);                                                    \
    log##NAME##Reward(Value);                                                  \
    finishFunction(*LoggerData, IncludeReward);                                \
  }
LOG_FINAL_REWARD(Float, float)
LOG_FINAL_REWARD(Int32, int32_t)
LOG_FINAL_REWARD(Int64, int64_t)
#undef LOG_FINAL_REWARD

void Logger::logFloatValue(size_t FeatureID, const float *Value) {
  logSpecifiedTensorValue(FeatureID, reinterpret_cast<const char *>(Value));
}

void Logger::logInt32Value(size_t FeatureID, const int32_t *Value) {
  logSpecifiedTensorValue(FeatureID, reinterpret_cast<const char *>(Value));
}

void Logger::logInt64Value(size_t FeatureID, const int64_t *Value) {
  logSpecifiedTensorValue(FeatureID, reinterpret_cast<const char *>(Value));
}

void Logger::logSpecifiedTensorValue(size_t FeatureID, const char *RawData) {
  const TensorSpec &Spec = FeatureSpecs[FeatureID].Spec;
  char *Place = addEntryAndGetFloatOrInt64Buffer(FeatureID);
  if (!Spec.isElementType<int32_t>()) {
    std::memcpy(Place, RawData, Spec.getTotalTensorBufferSize());
    return;
  }
  auto *Narrow = reinterpret_cast<const int32_t *>(RawData);
  std::copy(Narrow, Narrow + Spec.getElementCount(),
            reinterpret_cast<int64_t *>(Place));
}

char *Logger::addEntryAndGetFloatOrInt64Buffer(size_t FeatureID) {
  return LoggerData->add(FeatureID);
}

void Logger::flush(std::string *Str) {
  *Str = LoggerData->serialize(IncludeReward);
  LoggerData = std::make_unique<LoggerDataImpl>(FeatureSpecs, RewardSpec);
}

void Logger::flush(raw_ostream &OS) {
  std::string Written;
  flush(&Written);
  OS << Written;
}

void Logger::flushLogs(raw_ostream &OS,
                       const StringMap<std::unique_ptr<Logger>> &Loggers) {
  std::map<std::string, std::string> Examples;
  std::map<std::string, size_t> Numbers;
  for (const auto &Named : Loggers) {
    std::string &Example = Examples[Named.first().str()];
    const LoggerDataImpl &Data = *Named.second->LoggerData;
    if (!Data.records())
      continue;
    Numbers[Named.first().str()] = Data.Number;
    Named.second->flush(&Example);
  }
  writeLog(OS, Examples);
  Others.clear();
  for (const std::string &Path : rollouts::logs()) {
    std::vector<std::string> Records = readRecords(Path);
    for (const auto &Numbered : Numbers)
      Examples[Numbered.first] = Records.at(Numbered.second);
    writeLog(*rollouts::openLog(Path), Examples);
  }
}
