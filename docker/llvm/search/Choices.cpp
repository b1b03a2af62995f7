#include "Choices.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/CodeGen/MachineFunction.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/xxhash.h"

using namespace llvm;

namespace regalloc {

namespace {

uint64_t describe(const MachineOperand &Operand) {
  if (Operand.isReg())
    return Operand.getReg().id();
  if (Operand.isImm())
    return static_cast<uint64_t>(Operand.getImm());
  return static_cast<uint64_t>(Operand.getType());
}

// Of a function as it is now. Debug instructions are no part of it.
uint64_t hash(const MachineFunction &MF) {
  SmallVector<uint64_t, 0> Words;
  for (const MachineBasicBlock &MBB : MF) {
    Words.push_back(~MBB.succ_size());
    for (const MachineInstr &MI : MBB) {
      if (MI.isDebugInstr())
        continue;
      Words.push_back(MI.getOpcode());
      for (const MachineOperand &Operand : MI.operands())
        Words.push_back(describe(Operand));
    }
  }
  return xxh3_64bits(ArrayRef<uint8_t>(reinterpret_cast<const uint8_t *>(Words.data()),
                                       Words.size() * sizeof(uint64_t)));
}

std::string name(const Choice &Chosen) {
  if (Chosen.By == Choice::Sample)
    return std::to_string(Chosen.Seed);
  std::string Base = Chosen.By == Choice::Greedy ? "greedy" : "default";
  return Chosen.IsVaried ? Base + "+" + std::to_string(Chosen.Seed) : Base;
}

// Nothing for what is no choice.
std::optional<Choice> parseChoice(StringRef Text) {
  Choice Chosen;
  if (Text.consume_front("greedy"))
    Chosen.By = Choice::Greedy;
  else if (!Text.consume_front("default"))
    Chosen.By = Choice::Sample;
  if (Text.empty() && Chosen.By != Choice::Sample)
    return Chosen;
  Chosen.IsVaried = Text.consume_front("+");
  if (Chosen.isDraw() && !Text.getAsInteger(10, Chosen.Seed))
    return Chosen;
  return std::nullopt;
}

std::string key(StringRef Function, StringRef Source) { return (Function + " " + Source).str(); }

} // namespace

ChosenFor::ChosenFor(const MachineFunction &MF, uint32_t Policy)
    : Code(hash(MF)), Policy(Policy), Function(MF.getName()),
      Source(sys::path::filename(MF.getFunction().getParent()->getSourceFileName())) {}

std::unique_ptr<Choices> Choices::read(StringRef Path, std::string &Why) {
  auto File = MemoryBuffer::getFile(Path, /*IsText=*/true, /*RequiresNullTerminator=*/false);
  if (!File) {
    Why = File.getError().message();
    return nullptr;
  }
  auto Read = std::make_unique<Choices>();
  SmallVector<StringRef, 0> Texts;
  (*File)->getBuffer().split(Texts, '\n');
  for (size_t I = 0; I < Texts.size(); ++I) {
    StringRef Text = Texts[I].rtrim('\r');
    if (Text.empty() || Text.starts_with("#") || Read->parse(Text))
      continue;
    Why = ("line " + Twine(I + 1) + " is no choice").str();
    return nullptr;
  }
  return Read;
}

bool Choices::parse(StringRef Text) {
  uint64_t Code;
  uint32_t Policy;
  auto [CodeText, AfterCode] = Text.split(' ');
  auto [PolicyText, AfterPolicy] = AfterCode.split(' ');
  auto [By, About] = AfterPolicy.split(' ');
  auto Chosen = parseChoice(By);
  auto [Function, Source] = About.split(' ');
  if (CodeText.getAsInteger(16, Code) || PolicyText.getAsInteger(16, Policy) || !Chosen || Source.empty())
    return false;
  // Files of earlier searches have the folders as well.
  Lines[key(Function, sys::path::filename(Source))][Code] = {Policy, *Chosen};
  return true;
}

Choices::Answer Choices::find(const ChosenFor &Wanted, Choice &Chosen) const {
  auto Named = Lines.find(key(Wanted.Function, Wanted.Source));
  if (Named == Lines.end())
    return Unknown;
  auto Line = Named->second.find(Wanted.Code);
  if (Line == Named->second.end())
    return OtherCode;
  const auto &[Policy, Made] = Line->second;
  // What the default decides is the same under any policy.
  if (Policy != Wanted.Policy && Made.By != Choice::Default)
    return OtherPolicy;
  Chosen = Made;
  return Found;
}

std::string append(StringRef Path, const ChosenFor &About, const Choice &Chosen) {
  std::string Line = formatv("{0} {1} {2} {3}\n", format_hex_no_prefix(About.Code, 16),
                             format_hex_no_prefix(About.Policy, 8), name(Chosen),
                             key(About.Function, About.Source));
  std::error_code Error;
  raw_fd_ostream Out(Path, Error, sys::fs::OF_Append);
  if (!Error) {
    Out.SetBufferSize(Line.size() + 1);
    Out << Line;
    Out.flush();
    Error = Out.error();
    Out.clear_error();
  }
  return Error ? Error.message() : "";
}

} // namespace regalloc
