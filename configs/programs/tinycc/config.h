/* What upstream's configure would say; no header or library of the system is looked for. */
#define TCC_VERSION "0.9.27"
#define CONFIG_TCCDIR "/nonexistent"
