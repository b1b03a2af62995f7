#include "Choices.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/CodeGen/MachineFunction.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
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

// Of a function before its allocation. Debug instructions are no part of it.
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

std::string nameBase(const Choice &Chosen) {
  switch (Chosen.By) {
  case Choice::Default:
    return "default";
  case Choice::Greedy:
    return "greedy";
  case Choice::Draw:
    return std::to_string(Chosen.Seed);
  }
  return "";
}

std::string name(const Choice &Chosen) {
  std::string Text = nameBase(Chosen);
  if (!Chosen.Changes.empty())
    Text += "/" + std::to_string(Chosen.Rarity);
  for (int64_t Seed : Chosen.Changes)
    Text += "+" + std::to_string(Seed);
  return Text;
}

bool parseBase(StringRef Text, Choice &Chosen) {
  if (Text == "default")
    Chosen = {};
  else if (Text == "greedy")
    Chosen = {Choice::Greedy};
  else {
    Chosen.By = Choice::Draw;
    return !Text.getAsInteger(10, Chosen.Seed);
  }
  return true;
}

bool parseChoice(StringRef Text, Choice &Chosen) {
  auto [Base, Changes] = Text.split('/');
  if (!parseBase(Base, Chosen))
    return false;
  if (Changes.empty())
    return Base == Text;
  SmallVector<StringRef> Numbers;
  Changes.split(Numbers, '+');
  if (Numbers.front().getAsInteger(10, Chosen.Rarity) || Chosen.Rarity > 63)
    return false;
  for (StringRef Number : drop_begin(Numbers)) {
    Chosen.Changes.push_back(0);
    if (Number.getAsInteger(10, Chosen.Changes.back()))
      return false;
  }
  return true;
}

std::string key(StringRef Function, StringRef Source) { return (Function + " " + Source).str(); }

} // namespace

ChosenFor::ChosenFor(const MachineFunction &MF, uint32_t Policy)
    : Code(hash(MF)), Policy(Policy), Function(MF.getName()),
      Source(MF.getFunction().getParent()->getSourceFileName()) {}

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
  Line Parsed;
  auto [Code, AfterCode] = Text.split(' ');
  auto [Policy, AfterPolicy] = AfterCode.split(' ');
  auto [By, About] = AfterPolicy.split(' ');
  if (Code.getAsInteger(16, Parsed.Code) || Policy.getAsInteger(16, Parsed.Policy) ||
      !parseChoice(By, Parsed.Chosen) || About.empty())
    return false;
  Lines[About] = Parsed;
  return true;
}

Choices::Answer Choices::find(const ChosenFor &Wanted, Choice &Chosen) const {
  auto Line = Lines.find(key(Wanted.Function, Wanted.Source));
  if (Line == Lines.end())
    return Unknown;
  if (Line->second.Code != Wanted.Code)
    return OtherCode;
  // The default is the same under any policy.
  const Choice &Made = Line->second.Chosen;
  if (Line->second.Policy != Wanted.Policy && (Made.By != Choice::Default || !Made.Changes.empty()))
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
