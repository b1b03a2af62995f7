#include "Rollouts.h"

#include "Fatal.h"
#include "Snapshot.h"
#include "llvm/Support/CommandLine.h"

#include <utility>

using namespace llvm;

static cl::list<std::string> Models("regalloc-rollout-model", cl::Hidden,
                                    cl::desc("A policy to make another rollout under"));
static cl::list<std::string> Logs("regalloc-rollout-log", cl::Hidden,
                                  cl::desc("Where that rollout's training log goes"));

namespace {

bool AtFirstDecision = false;
size_t Current = 0;
size_t Decisions = 0;

} // namespace

namespace regalloc {
namespace rollouts {

ArrayRef<std::string> models() {
  if (Models.size() != Logs.size())
    fatal(Twine(Models.size()) + " -regalloc-rollout-model and " + Twine(Logs.size()) +
          " -regalloc-rollout-log, and each needs the other");
  return Models;
}

ArrayRef<std::string> logs() { return Logs; }

std::unique_ptr<raw_fd_ostream> openLog(const std::string &Path) {
  std::error_code Error;
  auto Log = std::make_unique<raw_fd_ostream>(Path, Error);
  if (Error)
    fatal("cannot write " + Path + ": " + Error.message());
  return Log;
}

void enterFunction() {
  if (Current)
    fatal("rollout " + Twine(Current) + " went past its function");
  AtFirstDecision = true;
}

size_t decide() {
  ++Decisions;
  if (std::exchange(AtFirstDecision, false) && !Models.empty())
    Current = (snapshot::take() + 1) % (Models.size() + 1);
  return Current;
}

size_t current() { return Current; }

size_t decisions() { return Decisions; }

void leaveFunction() {
  if (Current)
    snapshot::rewind(static_cast<int>(Current));
}

} // namespace rollouts
} // namespace regalloc
