// ld.lld without the Windows, macOS and WebAssembly linkers, which would add an XML and a Unicode
// library to the image.
#include "lld/Common/Driver.h"
#include "lld/Common/ErrorHandler.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/raw_ostream.h"

// LLVM 15 declares its linkers itself.
#ifdef LLD_HAS_DRIVER
LLD_HAS_DRIVER(elf)
#endif

int main(int Argc, char **Argv) {
  llvm::InitLLVM Init(Argc, Argv);
  llvm::ArrayRef<const char *> Args(Argv, Argv + Argc);
  bool Linked = lld::elf::link(Args, llvm::outs(), llvm::errs(),
                               /*exitEarly=*/true, /*disableOutput=*/false);
  lld::exitLld(Linked ? 0 : 1);
}
