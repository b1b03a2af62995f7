// A plugin that shows that it was loaded: it creates a file where a stage may write.

static long call(long number, long first, long second, long third, long fourth) {
  long result;
  register long r10 __asm__("r10") = fourth;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(first), "S"(second), "d"(third), "r"(r10)
                   : "rcx", "r11", "memory");
  return result;
}

// openat(AT_FDCWD, ..., O_WRONLY | O_CREAT, 0644)
__attribute__((constructor)) static void show(void) { call(257, -100, (long)"/corpus/attacked", 0101, 0644); }
