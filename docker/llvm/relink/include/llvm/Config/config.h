// What the recompiled units ask LLVM's private configuration header for. Debian installs
// llvm-config.h but not this file.
#ifndef REGALLOC_LLVM_CONFIG_H
#define REGALLOC_LLVM_CONFIG_H

#include "llvm/Config/llvm-config.h"

#define PACKAGE_NAME "LLVM"
#define PACKAGE_VERSION LLVM_VERSION_STRING
#define BUG_REPORT_URL ""
#define ENABLE_BACKTRACES 1
#define ENABLE_CRASH_OVERRIDES 1
#define HAVE_UNISTD_H 1
#define HAVE_SYS_RESOURCE_H 1
#define HAVE_GETRLIMIT 1
#define HAVE_SETRLIMIT 1
#define HAVE_DLFCN_H 1
#define HAVE_DLOPEN 1

#endif
