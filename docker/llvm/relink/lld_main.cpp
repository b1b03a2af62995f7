// ld.lld without the Windows, macOS and WebAssembly linkers, which would add an XML and a Unicode
// library to the image.
#include "lld/Common/Driver.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/raw_ostream.h"

LLD_HAS_DRIVER(elf)

int main(int Argc, char **Argv) {
  llvm::InitLLVM Init(Argc, Argv);
  llvm::ArrayRef<const char *> Args(Argv, Argv + Argc);
  return lld::lldMain(Args, llvm::outs(), llvm::errs(),
                      {{lld::Gnu, &lld::elf::link}})
      .retCode;
}
