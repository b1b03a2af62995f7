/* Checksums of texts, by a permutation of more words than the processor has registers. */
#ifndef STIR_H
#define STIR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { STIR_WORDS = 20 };

/* Adds `size` bytes to a state. */
void stir(uint32_t state[STIR_WORDS], const unsigned char *bytes, size_t size);

#ifdef __cplusplus
}
#endif

#endif
