// A process's own memory, to return to: the compiler goes on from where it was as if nothing had
// happened since. A forked process does so as well, but takes longer to come to be than what it is for.
#ifndef REGALLOC_SNAPSHOT_H
#define REGALLOC_SNAPSHOT_H

namespace regalloc {
namespace snapshot {

// Remembers memory and registers of this process, which must have one thread. Returns 0 then, and
// after each rewind() returns again, what that was given.
int take();

// Goes back to where take() was called last. Files and what is printed stay as they are.
[[noreturn]] void rewind(int Answer);

} // namespace snapshot
} // namespace regalloc

#endif
