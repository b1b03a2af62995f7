// main on a stack at a fixed place, with copies of its words and environment: their addresses are
// the same in every run, as those of steady-malloc are. Linked in by --wrap=main, beside it.
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define PLACE ((void *)0x0f0000000000)
#define SIZE ((size_t)1 << 26)

int __real_main(int count, char **words, char **environment);

static int count_of_words, code;
static char **all_words;

static void run(void) { code = __real_main(count_of_words, all_words, environ); }

static void fail(void) {
  static const char text[] = "error: the stack of steady-main cannot be had\n";
  if (write(2, text, sizeof text - 1) < 0)
    abort();
  _exit(1);
}

static char **copy(char **words) {
  size_t count = 0;
  while (words[count])
    count++;
  char **copies = calloc(count + 1, sizeof *copies);
  if (!copies)
    fail();
  for (size_t i = 0; i < count; i++)
    if (!(copies[i] = strdup(words[i])))
      fail();
  return copies;
}

int __wrap_main(int count, char **words) {
  static ucontext_t here, there;
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
  void *stack = mmap(PLACE, SIZE, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (stack != PLACE || getcontext(&there))
    fail();
  count_of_words = count;
  all_words = copy(words);
  environ = copy(environ);
  there.uc_stack.ss_sp = stack;
  there.uc_stack.ss_size = SIZE;
  there.uc_link = &here;
  makecontext(&there, run, 0);
  if (swapcontext(&here, &there))
    fail();
  return code;
}
