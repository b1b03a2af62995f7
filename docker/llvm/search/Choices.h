// What a search chose, as a file: a later build makes the same allocations without searching.
//
// A line for each function that was searched, in any order; of two about the same code the last counts:
//   <code> <policy> <choice> <function> <source file>
// <code> is a hash of the function before its instructions are scheduled, <policy> the checksum of the policy, both
// hexadecimal; <choice> is default, greedy, one of them varied, such as greedy+3, or the seed of a sample. The source
// file is named without its folders, so that a build in another folder finds its lines; what two files of a name have
// in common is told apart by the code. Lines that begin with # are comments.
#ifndef REGALLOC_CHOICES_H
#define REGALLOC_CHOICES_H

#include "Choice.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"

#include <map>
#include <memory>
#include <string>

namespace llvm {
class MachineFunction;
} // namespace llvm

namespace regalloc {

// What a choice is about.
struct ChosenFor {
  uint64_t Code;
  uint32_t Policy;
  std::string Function, Source;

  ChosenFor(const llvm::MachineFunction &MF, uint32_t Policy);
};

// A file that was read.
class Choices {
public:
  // Null with the reason if the file cannot be read or has a line that is none.
  static std::unique_ptr<Choices> read(llvm::StringRef Path, std::string &Why);

  enum Answer { Found, Unknown, OtherCode, OtherPolicy };
  Answer find(const ChosenFor &Wanted, Choice &Chosen) const;

private:
  struct Line {
    uint32_t Policy;
    Choice Chosen;
  };
  bool parse(llvm::StringRef Text);

  llvm::StringMap<std::map<uint64_t, Line>> Lines; // by function and source file, and then by code
};

// Appends a choice to a file, at once, so that compiles at the same time do not disturb each other. Returns
// why it could not, or an empty text.
std::string append(llvm::StringRef Path, const ChosenFor &About, const Choice &Chosen);

} // namespace regalloc

#endif
