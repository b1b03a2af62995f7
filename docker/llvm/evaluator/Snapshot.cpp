#include "Snapshot.h"

#include "Fatal.h"

#include <alloca.h>
#include <cerrno>
#include <csetjmp>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define REGALLOC_OWN_FRAME __attribute__((noinline))

namespace {

struct Region {
  char *Begin;
  size_t Size;
};

constexpr size_t MostRegions = 1024;
constexpr size_t MapsSize = 1 << 18;

// Memory that is unmapped cannot be brought back: with this, the heap is in one piece.
constexpr const char *TunablesVariable = "GLIBC_TUNABLES";
constexpr const char *OneHeap = "glibc.malloc.mmap_max=0";

// Lies in shared memory, which is neither remembered nor brought back.
struct Memory {
  std::jmp_buf Registers;
  uintptr_t Break;
  size_t Count;
  Region Regions[MostRegions];
  char *Copy;
  size_t Capacity;
  char Maps[MapsSize];
};

Memory *Remembered = nullptr;

[[noreturn]] void refused(const char *Call) {
  regalloc::fatal(llvm::Twine("a snapshot's ") + Call + " failed: " + std::strerror(errno));
}

char *shareMemory(size_t Size, int Flags) {
  void *Shared = ::mmap(nullptr, Size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | Flags,
                        -1, 0);
  if (Shared == MAP_FAILED)
    refused("mmap");
  return static_cast<char *>(Shared);
}

Memory *open() {
  const char *Tunables = std::getenv(TunablesVariable);
  if (!Tunables || !std::strstr(Tunables, OneHeap))
    regalloc::fatal(llvm::Twine("several rollouts need ") + TunablesVariable + "=" + OneHeap);
  return reinterpret_cast<Memory *>(shareMemory(sizeof(Memory), 0));
}

// Reads /proc/self/maps as text.
void readMaps(char *Text) {
  int File = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (File < 0)
    refused("open of /proc/self/maps");
  size_t Length = 0;
  while (ssize_t Got = ::read(File, Text + Length, MapsSize - 1 - Length)) {
    if (Got > 0)
      Length += Got;
    else if (errno != EINTR)
      refused("read of /proc/self/maps");
  }
  ::close(File);
  Text[Length] = '\0';
}

// Finds what this process can write and shares with nobody; of its stack, what lies above a place.
size_t findRegions(char *StackEnd) {
  size_t Total = 0;
  Remembered->Count = 0;
  readMaps(Remembered->Maps);
  for (char *Line = Remembered->Maps; *Line; ++Line) {
    char *Begin = reinterpret_cast<char *>(std::strtoull(Line, &Line, 16));
    char *End = reinterpret_cast<char *>(std::strtoull(Line + 1, &Line, 16));
    bool IsPrivate = Line[1] == 'r' && Line[2] == 'w' && Line[4] == 'p';
    Line = std::strchr(Line, '\n');
    if (!IsPrivate)
      continue;
    if (Begin <= StackEnd && StackEnd < End)
      Begin = StackEnd;
    if (Remembered->Count == MostRegions)
      regalloc::fatal("a snapshot finds too many regions of memory");
    Remembered->Regions[Remembered->Count++] = {Begin, static_cast<size_t>(End - Begin)};
    Total += End - Begin;
  }
  return Total;
}

void makeRoom(size_t Size) {
  if (Size <= Remembered->Capacity)
    return;
  if (Remembered->Capacity)
    ::munmap(Remembered->Copy, Remembered->Capacity);
  Remembered->Capacity = Size + Size / 4;
  Remembered->Copy = shareMemory(Remembered->Capacity, MAP_POPULATE);
}

// Whatever lies below this function's frame is not needed again.
REGALLOC_OWN_FRAME void remember() {
  makeRoom(findRegions(static_cast<char *>(__builtin_frame_address(0))));
  Remembered->Break = ::syscall(SYS_brk, 0);
  char *To = Remembered->Copy;
  for (size_t I = 0; I < Remembered->Count; ++I) {
    std::memcpy(To, Remembered->Regions[I].Begin, Remembered->Regions[I].Size);
    To += Remembered->Regions[I].Size;
  }
}

// Runs below the part of the stack that it overwrites.
[[noreturn]] REGALLOC_OWN_FRAME void bringBack(Memory *From, int Answer) {
  // The heap may have shrunk, and what it grew by since then is not needed.
  ::syscall(SYS_brk, From->Break);
  char *Copy = From->Copy;
  for (size_t I = 0; I < From->Count; ++I) {
    std::memcpy(From->Regions[I].Begin, Copy, From->Regions[I].Size);
    Copy += From->Regions[I].Size;
  }
  std::longjmp(From->Registers, Answer);
}

} // namespace

int regalloc::snapshot::take() {
  if (!Remembered)
    Remembered = open();
  if (int Answer = _setjmp(Remembered->Registers))
    return Answer;
  remember();
  return 0;
}

void regalloc::snapshot::rewind(int Answer) {
  char *Here = static_cast<char *>(__builtin_frame_address(0));
  char *StackEnd = nullptr;
  for (size_t I = 0; I < Remembered->Count; ++I) {
    const Region &R = Remembered->Regions[I];
    if (R.Begin <= Here && Here < R.Begin + R.Size)
      StackEnd = R.Begin;
  }
  // A call that does not return is never made a tail call, which would give the gap up again.
  volatile char *Gap = static_cast<char *>(alloca(StackEnd ? Here - StackEnd + 4096 : 1));
  Gap[0] = 0;
  bringBack(Remembered, Answer);
}
