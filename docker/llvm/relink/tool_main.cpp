// The main function of a tool whose entry point is TOOL_MAIN. LLVM generates one like it from a
// template at configure time.
#include "llvm/Support/InitLLVM.h"

#if __has_include("llvm/Support/LLVMDriver.h")
#include "llvm/Support/LLVMDriver.h"

int TOOL_MAIN(int Argc, char **Argv, const llvm::ToolContext &Context);

int main(int Argc, char **Argv) {
  llvm::InitLLVM Init(Argc, Argv);
  return TOOL_MAIN(Argc, Argv, {Argv[0], nullptr, false});
}
#else // LLVM 15, whose tools set themselves up

int TOOL_MAIN(int Argc, char **Argv);

int main(int Argc, char **Argv) { return TOOL_MAIN(Argc, Argv); }
#endif
