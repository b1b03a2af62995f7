// clang, lld, llc, llvm-profdata and llvm-ar in one program, so that a release has LLVM's code once. It goes by the
// name that it is called by.
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Path.h"

int clangMain(int Argc, char **Argv);
int lldMain(int Argc, char **Argv);
int llcMain(int Argc, char **Argv);
int profdataMain(int Argc, char **Argv);
int arMain(int Argc, char **Argv);

int main(int Argc, char **Argv) {
  llvm::StringRef Name = llvm::sys::path::filename(Argv[0]);
  if (Name == "llc")
    return llcMain(Argc, Argv);
  if (Name == "lld" || Name == "ld.lld")
    return lldMain(Argc, Argv);
#ifdef HAS_PROFILE_TOOLS
  if (Name == "llvm-profdata")
    return profdataMain(Argc, Argv);
  if (Name == "llvm-ar" || Name == "llvm-ranlib")
    return arMain(Argc, Argv);
#endif
  return clangMain(Argc, Argv);
}
