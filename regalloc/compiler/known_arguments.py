"""Which ``cc1`` arguments a replay keeps, and which it may leave out without a word.

A command line comes with a corpus, and so from anywhere.  An argument is kept if its name is known
and its value is of a kind that names no file.  The front end's work is done when there is bitcode,
so what is the front end's alone is left out.  Whatever is in neither table may change the code, and
is left out and counted.

Source: ``clang/include/clang/Driver/Options.td``, and what ``clang/lib/CodeGen/BackendUtil.cpp``
and ``clang/lib/Frontend/CompilerInvocation.cpp`` read of it for bitcode.
"""

from __future__ import annotations

import re
from collections.abc import Mapping


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NUMBER = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?")
SWITCH = re.compile(r"true|false|TRUE|FALSE|True|False|0|1")
WORD = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.+:-]{0,199}")
FEATURE = re.compile(r"[+-][A-Za-z0-9_.+-]{1,80}")
WORDS = re.compile(r"[!A-Za-z0-9_.+:-]{1,80}(?:,[!A-Za-z0-9_.+:-]{1,80}){0,63}")
SYMBOL = re.compile(r"[A-Za-z0-9_.$?@]{1,200}")
LEVEL = re.compile(r"[0-4sgz]?|fast")
SECTIONS = re.compile(r"all|labels|none")
"""``-fbasic-block-sections`` also takes a file, as ``list=FILE``."""

ALONE = _words(
    """
    --crel -O -Ofast -disable-O0-optnone -disable-lifetime-markers -disable-llvm-passes
    -disable-llvm-verifier -disable-red-zone -discard-value-names -emit-llvm-uselists
    -enable-noundef-analysis -faddrsig -fapple-kext -fapprox-func -fasync-exceptions
    -fbasic-block-address-map -fcf-protection -fcommon -fcoroutines -fcxx-exceptions -fdata-sections
    -fdebug-info-for-profiling -fdebug-ranges-base-address -fdirect-access-external-data
    -femit-compact-unwind-non-canonical -femulated-tls -fexceptions
    -fexperimental-strict-floating-point -ffast-math -ffinite-loops -ffinite-math-only
    -fforce-dwarf-frame -ffreestanding -ffunction-sections -fhalf-no-semantic-interposition
    -fignore-exceptions -finline-functions -finline-hint-functions -finstrument-function-entry-bare
    -finstrument-functions -finstrument-functions-after-inlining -fintegrated-as -fjmc -fmath-errno
    -fmerge-all-constants -fmerge-functions -fms-hotpatch -fno-assume-unique-vtables -fno-builtin
    -fno-common -fno-delete-null-pointer-checks -fno-direct-access-external-data -fno-finite-loops
    -fno-inline -fno-integrated-as -fno-jump-tables -fno-math-builtin -fno-optimize-sibling-calls
    -fno-plt -fno-rounding-math -fno-sanitize-address-globals-dead-stripping
    -fno-sanitize-address-outline-instrumentation -fno-sanitize-address-use-after-scope
    -fno-sanitize-address-use-odr-indicator -fno-sanitize-cfi-canonical-jump-tables
    -fno-sanitize-cfi-cross-dso -fno-sanitize-memory-param-retval -fno-sanitize-memory-track-origins
    -fno-sanitize-memory-use-after-dtor -fno-sanitize-thread-atomics
    -fno-sanitize-thread-func-entry-exit -fno-sanitize-thread-memory-access -fno-signed-zeros
    -fno-strict-return -fno-unique-section-names -fno-unroll-loops -fno-use-init-array
    -fno-verbose-asm -fno-xray-function-index -fno-zero-initialized-in-bss -fobjc-arc
    -fobjc-arc-exceptions -fpseudo-probe-for-profiling -freciprocal-math -fropi -frounding-math
    -frwpi -fsanitize-address-globals-dead-stripping -fsanitize-address-outline-instrumentation
    -fsanitize-address-use-after-scope -fsanitize-address-use-odr-indicator
    -fsanitize-cfi-canonical-jump-tables -fsanitize-cfi-cross-dso -fsanitize-coverage-8bit-counters
    -fsanitize-coverage-control-flow -fsanitize-coverage-indirect-calls
    -fsanitize-coverage-inline-8bit-counters -fsanitize-coverage-inline-bool-flag
    -fsanitize-coverage-no-prune -fsanitize-coverage-pc-table -fsanitize-coverage-stack-depth
    -fsanitize-coverage-trace-bb -fsanitize-coverage-trace-cmp -fsanitize-coverage-trace-div
    -fsanitize-coverage-trace-gep -fsanitize-coverage-trace-loads -fsanitize-coverage-trace-pc
    -fsanitize-coverage-trace-pc-guard -fsanitize-coverage-trace-stores
    -fsanitize-memory-param-retval -fsanitize-memory-track-origins -fsanitize-memory-use-after-dtor
    -fsanitize-thread-atomics -fsanitize-thread-func-entry-exit -fsanitize-thread-memory-access
    -fsemantic-interposition -fsplit-machine-functions -fsplit-stack -fstack-clash-protection
    -fstack-size-section -fstrict-enums -fstrict-vtable-pointers -funified-lto
    -funique-basic-block-section-names -funique-internal-linkage-names -funroll-loops
    -funsafe-math-optimizations -fvirtual-function-elimination -fwhole-program-vtables -fwrapv
    -fxray-always-emit-customevents -fxray-always-emit-typedevents -fxray-ignore-loops
    -fxray-instrument -gcodeview -gcodeview-ghash -gdwarf32 -gdwarf64 -ggnu-pubnames
    -gno-column-info -gno-inline-line-tables -gpubnames -gstrict-dwarf -mbackchain
    -mconstructor-aliases -menable-no-infs -menable-no-nans -mfentry -mglobal-merge
    -mincremental-linker-compatible -mindirect-branch-cs-prefix -mno-constructor-aliases
    -mno-global-merge -mno-outline -mno-outline-atomics -mno-stack-arg-probe
    -mno-tls-direct-seg-refs -mnoexecstack -mnop-mcount -moutline -moutline-atomics -mpacked-stack
    -mreassociate -mrecord-mcount -mregnames -mrelax-all -mrelax-relocations=no -mrtd
    -msave-temp-labels -mskip-rax-setup -msoft-float -mspeculative-load-hardening -msse2avx
    -mstackrealign -new-struct-path-tbaa -no-emit-llvm-uselists -no-enable-noundef-analysis
    -no-implicit-float -no-struct-path-tbaa -pg -pic-is-pie -pointer-tbaa -relaxed-aliasing
    -vectorize-loops -vectorize-slp
    """
)
"""Kept as they are."""

JOINED: Mapping[str, re.Pattern[str]] = {
    "-O": LEVEL,
    "-compress-debug-sections=": WORD,
    "-debug-info-kind=": WORD,
    "-debugger-tuning=": WORD,
    "-dwarf-version=": NUMBER,
    "-falign-loops=": NUMBER,
    "-fbasic-block-sections=": SECTIONS,
    "-fbinutils-version=": WORD,
    "-fcf-protection=": WORD,
    "-fdenormal-fp-math=": WORDS,
    "-fdenormal-fp-math-f32=": WORDS,
    "-femit-dwarf-unwind=": WORD,
    "-fexperimental-assignment-tracking=": WORD,
    "-fextend-arguments=": WORD,
    "-ffp-contract=": WORD,
    "-ffp-eval-method=": WORD,
    "-ffp-exception-behavior=": WORD,
    "-finline-max-stacksize=": NUMBER,
    "-flto=": WORD,
    "-fmax-type-align=": NUMBER,
    "-fno-builtin-": SYMBOL,
    "-fobjc-arc-cxxlib=": WORD,
    "-fpatchable-function-entry-offset=": NUMBER,
    "-fpatchable-function-entry=": NUMBER,
    "-fprofile-instrument=": WORD,
    "-fprofile-update=": WORD,
    "-frandomize-layout-seed=": WORD,
    "-fsanitize-address-destructor=": WORD,
    "-fsanitize-address-field-padding=": NUMBER,
    "-fsanitize-address-use-after-return=": WORD,
    "-fsanitize-coverage-type=": NUMBER,
    "-fsanitize-hwaddress-abi=": WORD,
    "-fsanitize-memory-track-origins=": NUMBER,
    "-fsanitize-memtag-mode=": WORD,
    "-fsanitize-recover=": WORDS,
    "-fsanitize-trap=": WORDS,
    "-fsanitize=": WORDS,
    "-fstrict-flex-arrays=": NUMBER,
    "-ftrap-function=": SYMBOL,
    "-ftrivial-auto-var-init=": WORD,
    "-funwind-tables=": NUMBER,
    "-fveclib=": WORD,
    "-fxray-instruction-threshold=": NUMBER,
    "-fxray-instrumentation-bundle=": WORDS,
    "-fxray-modes=": WORDS,
    "-fzero-call-used-regs=": WORD,
    "-gsimple-template-names=": WORD,
    "-gsrc-hash=": WORD,
    "-mcmodel=": WORD,
    "-mcode-object-version=": WORD,
    "-mframe-pointer=": WORD,
    "-mfunction-return=": WORD,
    "-mprefer-vector-width=": WORD,
    "-mrecip=": WORDS,
    "-msign-return-address=": WORD,
    "-msign-return-address-key=": WORD,
    "-mstack-alignment=": NUMBER,
    "-mstack-probe-size=": NUMBER,
    "-mstack-protector-guard-offset=": NUMBER,
    "-mstack-protector-guard-reg=": WORD,
    "-mstack-protector-guard-symbol=": SYMBOL,
    "-mstack-protector-guard=": WORD,
    "-mtls-size=": NUMBER,
    "-mvscale-max=": NUMBER,
    "-mvscale-min=": NUMBER,
}
"""Kept with a value of this kind behind the name."""

SEPARATE: Mapping[str, re.Pattern[str]] = {
    "-exception-model": WORD,
    "-function-alignment": NUMBER,
    "-meabi": WORD,
    "-mfloat-abi": WORD,
    "-mfpmath": WORD,
    "-mlimit-float-precision": NUMBER,
    "-mregparm": NUMBER,
    "-mrelocation-model": WORD,
    "-msmall-data-limit": NUMBER,
    "-mthread-model": WORD,
    "-mtp": WORD,
    "-pic-level": NUMBER,
    "-stack-protector": NUMBER,
    "-stack-protector-buffer-size": NUMBER,
    "-target-abi": WORD,
    "-target-cpu": WORD,
    "-target-feature": FEATURE,
    "-triple": WORD,
    "-tune-cpu": WORD,
}
"""Kept with a value of this kind as the next argument."""

LLVM_OPTIONS: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys(
        _words(
            """
        aarch64-enable-compress-jump-tables aarch64-enable-ldst-opt aarch64-use-tbi
        asan-detect-invalid-pointer-pair asan-force-dynamic-shadow asan-globals
        asan-globals-live-support asan-guard-against-version-mismatch asan-instrument-atomics
        asan-instrument-byval asan-instrument-dynamic-allocas asan-instrument-reads
        asan-instrument-writes asan-kernel asan-kernel-mem-intrinsic-prefix asan-opt
        asan-opt-globals asan-opt-same-temp asan-opt-stack asan-recover asan-redzone-byval-args
        asan-skip-promotable-allocas asan-stack asan-stack-dynamic-alloca asan-use-after-scope
        asan-use-odr-indicator asan-use-private-alias asan-use-stack-safety asan-with-ifunc
        asan-with-ifunc-suppress-remat combiner-global-alias-analysis combiner-store-merging
        combiner-use-tbaa consthoist-gep consthoist-with-block-frequency disable-2addr-hack
        disable-block-placement disable-branch-fold disable-cgp disable-constant-hoisting
        disable-copyprop disable-early-ifcvt disable-early-taildup disable-gisel-legality-check
        disable-icp disable-licm-promotion disable-lsr disable-machine-cse disable-machine-dce
        disable-machine-licm disable-machine-sink disable-partial-inlining disable-peephole
        disable-phi-elim-edge-splitting disable-post-ra disable-postra-machine-licm
        disable-postra-machine-sink disable-preinline disable-sched-critical-path
        disable-sched-cycles disable-sched-hazard disable-sched-height disable-sched-live-uses
        disable-sched-physreg-join disable-sched-reg-pressure disable-sched-stalls
        disable-sched-vrcycle disable-select-optimize disable-spill-fusing disable-ssc
        disable-tail-duplicate disable-vector-combine enable-aa-sched-mi enable-andcmp-sinking
        enable-chr enable-cond-stores-vec enable-constraint-elimination enable-deferred-spilling
        enable-dfa-jump-thread enable-double-float-shrink enable-ext-tsp-block-placement
        enable-global-merge enable-gvn-hoist enable-gvn-memdep enable-gvn-sink enable-if-conversion
        enable-implicit-null-checks enable-interleaved-mem-accesses enable-ipra
        enable-knowledge-retention enable-load-in-loop-pre enable-load-pre enable-local-reassign
        enable-loop-distribute enable-loop-flatten enable-loop-versioning-licm
        enable-loopinterchange enable-lsr-phielim enable-masked-interleaved-mem-accesses
        enable-matrix enable-merge-functions enable-misched enable-newgvn enable-nonnull-arg-prop
        enable-nontrivial-unswitch enable-partial-inlining enable-phi-of-ops enable-pipeliner
        enable-post-misched enable-pre enable-scoped-noalias enable-shrink-wrap
        enable-spill-copy-elim enable-split-backedge-in-load-pre enable-split-machine-functions
        enable-subreg-liveness enable-tail-merge enable-tbaa enable-unroll-and-jam
        enable-unswitch-cost-multiplier exhaustive-register-search extra-vectorizer-passes fast-isel
        force-ordered-reductions generate-arange-section generate-type-units global-isel
        global-merge-on-const global-merge-on-external greedy-regclass-priority-trumps-globalness
        greedy-reverse-local-assignment hoist-common-insts hoist-runtime-checks hot-cold-split
        hwasan-instrument-stack inline-cost-full inline-enable-cost-benefit-analysis
        instcombine-code-sinking interleave-loops join-globalcopies join-liveintervals
        join-splitedges jump-is-expensive jump-threading-across-loop-headers keep-loops
        live-debug-variables loop-rotate-multi lower-interleaved-accesses lsr-exp-narrow
        lsr-filter-same-scaled-reg lsr-insns-cost mergefunc-preserve-debug-info
        mergefunc-use-aliases misched-bottomup misched-cluster misched-cyclicpath misched-fusion
        misched-postra misched-regpressure misched-topdown msan-check-access-address
        msan-eager-checks msan-keep-going msan-kernel no-stack-coloring no-stack-slot-sharing
        optimize-regalloc post-RA-scheduler precise-rotation-cost rotation-prepare-for-lto
        sanitizer-coverage-prune-blocks sanitizer-coverage-stack-depth
        sanitizer-coverage-trace-compares sanitizer-coverage-trace-pc
        sanitizer-coverage-trace-pc-guard scalar-evolution-use-expensive-range-sharpening
        scalarize-load-store simplifycfg-hoist-common simplifycfg-merge-cond-stores
        simplifycfg-require-and-preserve-domtree simplifycfg-sink-common sink-common-insts
        slp-vectorize-hor slp-vectorize-hor-store speculate-one-expensive-inst
        stackcoloring-lifetime-start-on-first-use switch-to-lookup
        treat-scalable-fixed-error-as-warning tsan-handle-cxx-exceptions tsan-instrument-atomics
        tsan-instrument-func-entry-exit tsan-instrument-memintrinsics
        tsan-instrument-memory-accesses twoaddr-reschedule unroll-allow-partial unroll-allow-peeling
        unroll-runtime unroll-runtime-epilog unroll-runtime-multi-exit use-segment-set-for-physregs
        vectorize-loops vectorize-slp x86-branches-within-32B-boundaries x86-disable-avoid-SFB
        x86-early-ifcvt x86-experimental-lvi-inline-asm-hardening x86-pad-for-align
        x86-pad-for-branch-align x86-promote-anyext-load x86-slh-fence-call-and-ret x86-slh-indirect
        x86-slh-ip x86-slh-lfence x86-slh-loads x86-slh-post-load x86-use-base-pointer
        x86-use-fsrm-for-memcpy x86-use-vzeroupper
        """
        ),
        SWITCH,
    ),
    **dict.fromkeys(
        _words(
            """
        align-all-blocks align-all-functions align-all-nofallthru-blocks
        asan-instrumentation-with-call-threshold asan-mapping-offset asan-mapping-scale
        asan-max-inline-poisoning-size asan-max-ins-per-bb asan-realign-stack bonus-inst-threshold
        cold-branch-ratio cold-callsite-rel-freq early-ifcvt-limit expand-div-rem-bits
        fast-isel-abort force-vector-interleave force-vector-width global-merge-max-offset
        grow-region-complexity-budget hot-callsite-rel-freq hot-callsite-threshold
        huge-size-for-split inline-call-penalty inline-cold-callsite-threshold inline-instr-cost
        inline-max-stacksize inline-memaccess-cost inline-savings-multiplier inline-size-allowance
        inline-threshold inlinecold-threshold inlinedefault-threshold inlinehint-threshold
        instcombine-lower-dbg-declare instcombine-maxarray-size jump-inst-cost jump-table-density
        jump-threading-implication-search-threshold jump-threading-threshold lcr-max-depth
        lcr-max-interf licm-max-num-uses-traversed likely-branch-weight limit-float-precision
        locally-hot-callsite-threshold loop-distribute-scev-check-threshold
        loop-interchange-threshold lsr-complexity-limit max-bytes-for-alignment max-dependences
        max-jump-table-size max-loads-per-memcmp max-loads-per-memcmp-opt-size max-num-inline-blocks
        max-speculation-depth max-switch-cases-per-result max-uses-for-sinking
        memcmp-num-loads-per-block memdep-block-number-limit memdep-block-scan-limit
        memory-check-merge-threshold min-jump-table-entries misched-limit misfetch-cost
        msan-instrumentation-with-call-threshold phi-node-folding-threshold
        pragma-unroll-and-jam-threshold rotation-max-header-size runtime-memory-check-threshold
        sanitizer-coverage-level slp-max-reg-size slp-max-vf slp-min-reg-size slp-threshold
        small-loop-cost split-threshold-for-reg-with-hint stress-regalloc tail-dup-limit
        tail-dup-placement-aggressive-threshold tail-dup-placement-threshold tail-dup-size
        tail-merge-size tail-merge-threshold two-entry-phi-node-folding-threshold
        unlikely-branch-weight unroll-count unroll-full-max-count unroll-max-count
        unroll-max-iteration-count-to-analyze unroll-max-percent-threshold-boost
        unroll-max-upperbound unroll-partial-threshold unroll-peel-count unroll-peel-max-count
        unroll-threshold unroll-threshold-aggressive unroll-threshold-default
        unswitch-num-initial-unscaled-candidates unswitch-siblings-toplevel-div unswitch-threshold
        x86-align-branch-boundary x86-cmov-converter-threshold
        x86-experimental-pref-innermost-loop-alignment x86-pad-max-prefix-size
        """
        ),
        NUMBER,
    ),
    "asan-constructor-kind": WORD,
    "enable-machine-outliner": WORD,
    "enable-pgo-force-function-attrs": SWITCH,
    "pre-RA-sched": WORD,
    "prefer-predicate-over-epilogue": WORD,
    "regalloc-profile-infer": SWITCH,
    "split-spill-mode": WORD,
    "x86-align-branch": WORDS,
    "x86-asm-syntax": WORD,
    "x86-cmov-converter": SWITCH,
}
"""Options of ``-mllvm`` that are kept, without dashes, with the kind of a value behind ``=``."""

FRONT_END_SEPARATE = _words(
    """
     -D -F -I -MQ -MT -U -aux-target-cpu -aux-target-feature -aux-triple -c-isystem -chain-include
     -coverage-data-file -coverage-notes-file -cxx-isystem -darwin-target-variant-triple
     -default-function-attr -dependency-dot -dependency-file -diagnostic-log-file -dumpdir
     -dwarf-debug-flags -fbracket-depth -fconstant-string-class -fdebug-compilation-dir
     -fdiagnostics-format -fdiagnostics-show-category -ferror-limit -fmodule-feature
     -fmodules-user-build-path -ftabstop -header-include-file -iapinotes-modules -idirafter
     -iframework -iframeworkwithsysroot -imacros -include -include-pch -internal-externc-isystem
     -internal-isystem -iprefix -iquote -isysroot -isystem -ivfsoverlay -iwithprefix
     -iwithprefixbefore -iwithsysroot -main-file-name -module-dependency-dir -o -objc-isystem
     -objcxx-isystem -opt-record-file -opt-record-format -opt-record-passes -record-command-line
     -resource-dir -serialize-diagnostic-file -source-date-epoch -split-dwarf-file
     -split-dwarf-output -stack-usage-file -target-linker-version -vfsoverlay -working-directory -x
    """
)
"""Left out with the argument behind it."""

FRONT_END_ALONE = _words(
    """
    -C -CC -E -H -MG -MP -MV -P -Qn -Qy -S -building-pch-with-obj -cc1 -clear-ast-before-backend -dD
    -dI -dM -debug-forward-template-params -debug-info-macro -detailed-preprocessing-record
    -disable-free -disable-objc-default-synthesize-properties -disable-pragma-debug-crash
    -dwarf-explicit-import -dwarf-ext-refs -emit-llvm -emit-llvm-bc -emit-obj -fcoverage-mapping
    -fcoverage-mcdc -fdebug-pass-manager -femit-all-decls -ffile-reproducible -flto-unit
    -fno-debug-pass-manager -fno-file-reproducible -fno-pseudo-probe-for-profiling
    -fsplit-dwarf-inlining -fsplit-lto-unit -fsyntax-only -ftime-report -gcodeview-command-line
    -gembed-source -gno-codeview-command-line -malign-double -massembler-fatal-warnings
    -massembler-no-warn -mms-bitfields -no-clear-ast-before-backend -no-round-trip-args
    -nobuiltininc -nostdinc++ -nostdsysteminc -pedantic -pedantic-errors -print-stats -pthread
    -round-trip-args -static-define -sys-header-deps -traditional-cpp -undef -v -w
    """
)
"""Left out by itself: it says what is made, or what the front end or the preprocessor does."""

_LANGUAGE = "|".join(
    sorted(
        _words(
            """
    access-control aligned-alloc\\S* allow-\\S+ ansi-escape-codes apinotes\\S* apple-pragma-pack
    application-extension assume-nothrow-exception-dtor assume-sane-operator-new autolink
    bitfield-type-align blocks\\S* borland-extensions bounds-\\S+ build-session\\S*
    builtin-headers\\S* c\\+\\+-abi=\\S+ c\\+\\+-static-destructors caret-\\S+ char8_t check-new
    clang-abi-compat=\\S+ color-diagnostics comment-block-commands=\\S+ complete-member-pointers
    const-strings constant-cfstrings constexpr-\\S+ coverage-\\S+ ctor-dtor-return-this cx-\\S+
    cxx-modules debug-compilation-dir=.+ debug-prefix-map=.+ declspec default-calling-conv=\\S+
    define-target-os-macros delayed-template-parsing deprecated-macro diagnostics-\\S+ digraphs
    dollars-in-identifiers elide-\\S+ eliminate-unused-debug-\\S+ embed-bitcode=\\S+
    experimental-late-parse-attributes experimental-library experimental-new-constant-interpreter
    experimental-omit-vtable-rtti experimental-relative-c\\+\\+-abi-vtables externc-nounwind
    file-prefix-map=.+ fixed-point forbid-guard-variables force-emit-vtables force-enable-int128
    gnu-\\S+ gnu89-inline gnuc-version=\\S+ implicit-module\\S* keep-persistent-storage-variables
    keep-static-consts keep-system-includes knr-functions lax-vector-conversions\\S*
    limit-debug-info lto-visibility-\\S+ macro-\\S+ max-tokens=\\S+ memory-profile\\S*
    message-length=\\S+ minimize-whitespace module\\S* ms-compatibility\\S* ms-define-stdc
    ms-extensions ms-volatile native-half-\\S+ new-alignment=\\S+ new-infallible objc\\S* openmp\\S*
    operator-\\S+ pascal-strings pch\\S* plugin-arg\\S* prebuilt-\\S+ prebuilt\\S*
    preserve-as-comments profile-list=.+ raw-string-literals recovery-ast\\S*
    relaxed-template-template-args rtti\\S* safe-buffer-usage-suggestions sanitize-ignorelist=.+
    sanitize-system-ignorelist=.+ sanitize-undefined-strip-path-components=\\S+ short-enums
    short-wchar show-\\S+ signed-char signed-wchar sized-deallocation skip-odr-check-in-gmf
    spell-checking\\S* strict-aliasing strict-float-cast-overflow strict-overflow template-\\S+
    threadsafe-statics time-trace\\S* trigraph trigraphs type-visibility=\\S+ use-ctor-homing
    use-cxa-atexit use-line-directives use-register-sized-bitfield-access validate-\\S+
    visibility\\S* wchar\\S* writable-strings xl-pragma-pack xray-always-instrument=.+
    xray-attr-list=.+ xray-never-instrument=.+ zvector
    """
        )
    )
)
FRONT_END = re.compile(
    r"-(?:[WR].+|[DUIF].+|std=.+|stdlib=.+|sycl-std=.+|f(?:no-)?(?:" + _LANGUAGE + r")"
    r"|coverage-(?:data|notes)-file=.+|coverage-version=.+|darwin-target\S+|header-include-\S+"
    r"|object-file-name=.+|save-temps=.+|stack-usage-file=.+|stats-file=.+|stats-file-append"
    r"|target-sdk-version=.+|unwindlib=.+|mlong-double-\d+|vtordisp-mode=.+|ftest-\S+)",
    re.DOTALL,
)
"""Left out by itself: warnings, macros, includes, and what tells about the language."""

OPTIMISER_PROFILE = "-fprofile-instrument-use-path="
"""Names the profile of the original compile; what it said is in the bitcode."""
FRONT_END_JOINED = (OPTIMISER_PROFILE, "-fprofile-instrument-path=")
"""Left out by itself: a file whose content is in the bitcode, or which the program writes."""
OWN_LLVM_OPTIONS = (
    "regalloc-choices",
    "regalloc-enable-advisor",
    "regalloc-model",
    "regalloc-profile-generate",
    "regalloc-profile-use",
    "regalloc-rollout-",
    "regalloc-search",
    "regalloc-training-log",
    "tfutils-text-log",
)
"""What a replay says itself; a build that said it, too, is obeyed no more."""
