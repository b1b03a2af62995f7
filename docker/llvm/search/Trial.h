// An allocation tried in a process of its own, which ends with it.
//
// The process is a copy of the compiler at a function's first decision. It can crash, never end or run out
// of memory, and the compiler goes on as if there had been no trial. Nothing that it prints or writes is
// seen: it holds no file of the compiler's.
#ifndef REGALLOC_TRIAL_H
#define REGALLOC_TRIAL_H

#include "Cost.h"

#include <cstdint>
#include <string>
#include <variant>

namespace llvm {
class LLVMContext;
} // namespace llvm

namespace regalloc {

// What became of a trial.
struct Outcome {
  Cost Counted;
  Cost Doubted; // by doubted frequencies; the same where they are not doubted
  uint64_t Decisions;
  double Seconds = 0; // of processor time, for a log
};

class Trial {
public:
  // Starts one. Two processes return: the trial, for which isHere() is true, and the compiler.
  static Trial start(llvm::LLVMContext &Context);

  bool isHere() const { return Here; }

  // In the compiler: waits for the trial. An error is a few words, such as "an allocation crashed".
  std::variant<Outcome, std::string> wait(double LimitS);

  // In the trial: tells the compiler the outcome, or that there is none, and ends.
  [[noreturn]] void finish(const Outcome &Result) const;
  [[noreturn]] static void giveUp();

private:
  bool Here = false;
  int Pipe = -1;    // the end that this process uses
  int Process = -1; // in the compiler; -1 when none could be started
  std::string WhyNone;
};

} // namespace regalloc

#endif
