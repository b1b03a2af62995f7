// LLVM 19's training log, of one rollout or of several.
//
// Declared in llvm/Analysis/Utils/TrainingLogger.h, whose comment tells the format: lines of JSON, and
// tensors as their bytes, written as the compile goes. Another rollout's function goes into that
// rollout's own log, which stays as written when the compiler goes back.

#include "Rollouts.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Analysis/Utils/TrainingLogger.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
namespace rollouts = regalloc::rollouts;

namespace {

// The logs of the rollouts beside the compile's own.
std::vector<std::unique_ptr<raw_fd_ostream>> Others;

// Decisions made when the last one was logged.
size_t Logged = 0;

void openOthers(StringRef Header) {
  for (const std::string &Path : rollouts::logs()) {
    Others.push_back(rollouts::openLog(Path));
    *Others.back() << Header;
    Others.back()->flush();
  }
}

template <typename T> std::string formatLine(StringRef Key, T Value) {
  return formatv("{0}\n", json::Value(json::Object{{Key, Value}}));
}

} // namespace

Logger::Logger(std::unique_ptr<raw_ostream> OS, const std::vector<TensorSpec> &FeatureSpecs,
               const TensorSpec &RewardSpec, bool IncludeReward,
               std::optional<TensorSpec> AdviceSpec)
    : OS(std::move(OS)), FeatureSpecs(FeatureSpecs), RewardSpec(RewardSpec),
      IncludeReward(IncludeReward) {
  writeHeader(std::move(AdviceSpec));
}

void Logger::writeHeader(std::optional<TensorSpec> AdviceSpec) {
  std::string Header;
  raw_string_ostream Text(Header);
  {
    json::OStream Json(Text);
    Json.object([&] {
      Json.attributeArray("features", [&] {
        llvm::for_each(FeatureSpecs, [&](const TensorSpec &Spec) { Spec.toJSON(Json); });
      });
      std::pair<const char *, const TensorSpec *> Optional[] = {
          {"score", IncludeReward ? &RewardSpec : nullptr},
          {"advice", AdviceSpec ? &*AdviceSpec : nullptr}};
      for (auto [Name, Spec] : Optional) {
        if (!Spec)
          continue;
        Json.attributeBegin(Name);
        Spec->toJSON(Json);
        Json.attributeEnd();
      }
    });
  }
  Text << '\n';
  *OS << Header;
  openOthers(Header);
}

void Logger::switchContext(StringRef Name) {
  rollouts::enterFunction();
  CurrentContext = Name.str();
  *OS << formatLine("context", CurrentContext);
}

void Logger::startObservation() {
  bool IsFirst = !hasObservationInProgress();
  if (rollouts::current() && IsFirst) {
    // Forgotten with all else when the compiler goes back, so that its own log is where it was.
    (void)OS.release();
    OS = std::move(Others[rollouts::current() - 1]);
    *OS << formatLine("context", CurrentContext);
  }
  Logged = rollouts::decisions();
  size_t &Number = ObservationIDs.try_emplace(CurrentContext, 0).first->second;
  Number += !IsFirst;
  *OS << formatLine("observation", static_cast<int64_t>(Number));
}

void Logger::endObservation() { *OS << '\n'; }

// A reward of 0 comes when the function's next decision was made and is about to be logged, its score
// when the function is done.
void Logger::logRewardImpl(const char *RawData) {
  *OS << formatLine("outcome", static_cast<int64_t>(ObservationIDs.lookup(CurrentContext)));
  writeTensor(RewardSpec, RawData);
  *OS << '\n';
  if (Logged != rollouts::decisions())
    return;
  if (rollouts::current())
    OS->flush();
  rollouts::leaveFunction();
}
