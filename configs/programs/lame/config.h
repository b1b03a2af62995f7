/* What upstream's configure would find out, without assembler and without vectors chosen by the processor. */
#include <stdint.h>

#define STDC_HEADERS 1
#define HAVE_ERRNO_H 1
#define HAVE_FCNTL_H 1
#define HAVE_INTTYPES_H 1
#define HAVE_LIMITS_H 1
#define HAVE_STDINT_H 1
#define HAVE_STRING_H 1
#define HAVE_UNISTD_H 1
#define HAVE_STRCHR 1
#define HAVE_MEMCPY 1
#define HAVE_MPGLIB 1
#define DECODE_ON_THE_FLY 1
#define USE_LAYER_2 1
#define USE_FAST_LOG 1
#define LAMEPARSE 1
#define LAME_LIBRARY_BUILD 1
#define PROTOTYPES 1
#define PACKAGE "lame"
#define VERSION "3.100"
#define SIZEOF_DOUBLE 8
#define SIZEOF_FLOAT 4
#define SIZEOF_INT 4
#define SIZEOF_LONG 8
#define SIZEOF_SHORT 2
#define SIZEOF_UNSIGNED_INT 4
#define SIZEOF_UNSIGNED_LONG 8
#define SIZEOF_UNSIGNED_SHORT 2
typedef long double ieee854_float80_t;
typedef double ieee754_float64_t;
typedef float ieee754_float32_t;
