// The one way a model's error leaves the compiler.
#ifndef REGALLOC_FATAL_H
#define REGALLOC_FATAL_H

#include "llvm/ADT/Twine.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"

#include <unistd.h>

namespace regalloc {

// Prints one line, removes unfinished output files and ends the process. No destructor and no crash
// handler runs: the compiler's own would print a stack and a bug report for what is a user's error.
[[noreturn]] inline void fatal(const llvm::Twine &Message) {
  llvm::errs() << "error: regalloc policy: " << Message << "\n";
  llvm::errs().flush();
  llvm::sys::RunInterruptHandlers();
  _exit(1);
}

} // namespace regalloc

#endif
