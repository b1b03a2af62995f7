#include "stir.h"

static uint32_t turn(uint32_t word, int by) { return word << by | word >> (32 - by); }

/* Mixes five words with each other. */
#define MIX(a, b, c, d, e) \
  do { \
    a += turn(b ^ e, 7); \
    c ^= turn(a + d, 9); \
    e += turn(c ^ b, 13); \
    b ^= turn(e + a, 18); \
    d += turn(b ^ c, 5); \
  } while (0)

void stir(uint32_t state[STIR_WORDS], const unsigned char *bytes, size_t size) {
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
  uint32_t f = state[5], g = state[6], h = state[7], i = state[8], j = state[9];
  uint32_t k = state[10], l = state[11], m = state[12], n = state[13], o = state[14];
  uint32_t p = state[15], q = state[16], r = state[17], s = state[18], t = state[19];
  for (size_t at = 0; at < size; ++at) {
    a ^= bytes[at];
    if (bytes[at] == '\n') {
      k ^= l + m;
      p ^= q + r;
    }
    MIX(a, b, c, d, e);
    MIX(f, g, h, i, j);
    MIX(k, l, m, n, o);
    MIX(p, q, r, s, t);
    MIX(a, g, m, s, e);
    MIX(f, l, r, d, j);
    MIX(k, q, c, i, o);
    MIX(p, b, h, n, t);
  }
  state[0] = a, state[1] = b, state[2] = c, state[3] = d, state[4] = e;
  state[5] = f, state[6] = g, state[7] = h, state[8] = i, state[9] = j;
  state[10] = k, state[11] = l, state[12] = m, state[13] = n, state[14] = o;
  state[15] = p, state[16] = q, state[17] = r, state[18] = s, state[19] = t;
}
