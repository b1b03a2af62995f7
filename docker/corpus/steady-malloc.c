// malloc and mmap whose addresses are the same in every run: arenas at fixed places, filled in the
// order of the calls. Preloaded into the tools that a profile is taken of, which have one thread.
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BASE ((char *)0x100000000000)
#define SIZE ((size_t)1 << 36)
#define PAGE ((size_t)4096)
// Before each block lies its class: it is of 2^class bytes.
#define HEAD 16
#define CLASSES 36

static char *end;
static void *freed[CLASSES];

static void fail(void) {
  static const char text[] = "error: the arena of steady-malloc cannot be had or is full\n";
  if (write(2, text, sizeof text - 1))
    abort();
  _exit(1);
}

static unsigned find_class(size_t size) {
  unsigned class = 5;
  while (((size_t)1 << class) < size)
    class++;
  return class;
}

static unsigned *head(void *block) { return (unsigned *)((char *)block - HEAD); }

static size_t room(void *block) { return (size_t)1 << *head(block); }

// Files are mapped behind the arena of blocks.
void *mmap64(void *where, size_t size, int access, int flags, int file, off_t offset) {
  static char *next = BASE + 2 * SIZE;
  if (!where) {
    where = next;
    next += (size + PAGE - 1) & -PAGE;
    flags |= MAP_FIXED_NOREPLACE;
  }
  return (void *)syscall(SYS_mmap, where, size, access, flags, file, offset);
}

void *mmap(void *where, size_t size, int access, int flags, int file, off_t offset) {
  return mmap64(where, size, access, flags, file, offset);
}

// Return fresh memory whose address is a multiple of the alignment, a power of two from 16 on.
static void *carve(unsigned class, size_t alignment) {
  if (!end) {
    end = mmap(BASE, SIZE, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (end != BASE)
      fail();
  }
  char *block = (char *)(((uintptr_t)end + HEAD + alignment - 1) & -alignment);
  end = block + ((size_t)1 << class);
  if (end > BASE + SIZE)
    fail();
  *head(block) = class;
  return block;
}

void *malloc(size_t size) {
  unsigned class = find_class(size);
  if (class >= CLASSES) {
    errno = ENOMEM;
    return NULL;
  }
  void *block = freed[class];
  if (!block)
    return carve(class, HEAD);
  memcpy(&freed[class], block, sizeof(void *));
  return block;
}

void free(void *block) {
  if (!block)
    return;
  memcpy(block, &freed[*head(block)], sizeof(void *));
  freed[*head(block)] = block;
}

void *calloc(size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    errno = ENOMEM;
    return NULL;
  }
  void *block = malloc(bytes);
  return block ? memset(block, 0, bytes) : NULL;
}

void *realloc(void *block, size_t size) {
  if (block && size <= room(block))
    return block;
  void *larger = malloc(size);
  if (larger && block) {
    memcpy(larger, block, room(block));
    free(block);
  }
  return larger;
}

void *aligned_alloc(size_t alignment, size_t size) {
  if (alignment <= HEAD)
    return malloc(size);
  unsigned class = find_class(size);
  return class < CLASSES ? carve(class, alignment) : NULL;
}

void *memalign(size_t alignment, size_t size) { return aligned_alloc(alignment, size); }

int posix_memalign(void **block, size_t alignment, size_t size) {
  *block = aligned_alloc(alignment, size);
  return *block ? 0 : ENOMEM;
}

size_t malloc_usable_size(void *block) { return block ? room(block) : 0; }
