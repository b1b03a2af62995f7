/* What a configure script would find out; the rest, seeds from the system above all, stays off. */
#define HAVE_STDINT_H 1
#define INITIAL_HASHTABLE_ORDER 3
