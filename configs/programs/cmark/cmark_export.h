/* What cmake would write for a static library. */
#define CMARK_EXPORT
#define CMARK_NO_EXPORT
