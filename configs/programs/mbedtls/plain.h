/* Compiled C in place of assembler and of code chosen by the processor. */
#undef MBEDTLS_AESNI_C
#undef MBEDTLS_HAVE_ASM
#undef MBEDTLS_PADLOCK_C
