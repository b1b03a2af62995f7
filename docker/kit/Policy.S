/* The policy's weights file, which a search asks (docker/llvm/search). The stage names the file. */
        .section .rodata
        .balign 64
        .globl  regalloc_policy_begin
regalloc_policy_begin:
        .incbin POLICY_FILE
        .globl  regalloc_policy_end
regalloc_policy_end:
        .section .note.GNU-stack,"",@progbits
