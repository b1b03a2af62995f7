"""The names of a run's folders and of the files in them, each of them here alone.

Host and container share these names, and docs/formats.md says what each file holds.  A policy, a
module or a trace is read and written by the module that knows its format; this one knows how they
are called.
"""

from __future__ import annotations

# --- folders: on the host below the run's folder, in a container below `/` ---

PROGRAM_OBJECTS = "program_objects"
"""The objects of the corpus's programs, with embedded bitcode, and the profiles of their work."""
CORPUS = "corpus"
"""The modules, and what the default heuristic makes of each."""
TRACE = "default_trace"
"""What the default heuristic decides."""
VOCAB = "vocab"
"""The quantiles of every feature."""
WARMSTART = "warmstart"
"""The policy that imitates the default heuristic, and the random control."""
MODEL = "output_model"
"""The trained policies."""
EVALUATION = "evaluation"
"""What the policies are worth."""
RELEASE = "release"
"""The compiler with the policy inside."""
PROGRAMS = "programs"
"""What real programs do under the released compiler."""
OWN_PROGRAMS = "own_programs"
"""Copies of the user's own programs, which the host makes."""
BENCH = "bench"
"""What upstream's way of training costs, and what ours does."""

FOLDERS = (
    CORPUS,
    TRACE,
    VOCAB,
    WARMSTART,
    MODEL,
    EVALUATION,
    RELEASE,
    PROGRAMS,
    OWN_PROGRAMS,
    PROGRAM_OBJECTS,
    BENCH,
)
"""Every folder of a run."""

# --- folders that a container alone has, below `/` ---

OBJECTS = "llvm_corpus"
"""The corpus image's objects, and their compile_commands.json."""
OWN_POLICY = "policy"
"""A policy of the user's own."""

# --- the run's folder itself ---

REPORT_PAGE = "report.html"
"""The report as a page."""
SEEDS_PAGE = "seeds.html"
"""The reports of several seeds, side by side."""
BENCH_PLOT = "bench.svg"
"""The benchmark's curves."""
RUN_LOCK = ".lock"
"""The file that whoever works on the run holds a lock on."""
RECORDS = "records"
"""The host's records of the stages, in a folder for each, which no stage sees."""
SEED_PREFIX = "seed-"
"""What the folder of a seed's own run begins with; its number follows."""

# --- every stage's folder of records ---

MANIFEST = "manifest.json"
"""The host's record of a stage that ended."""
MARKS = "marks.json"
"""What the file system said of a finished stage's files, which shows that they are unchanged."""
LOG = "log.txt"
"""What a stage said, without what steers a terminal."""
FAILURE = "failure.json"
"""How a stage ended that did not end well."""
STARTED = "started.json"
"""The host's mark of a stage that began."""

# --- program_objects ---

BUILD_SCRATCH = ".build"
"""Folder where programs are built and run; gone when they are profiled."""

# --- program_objects, corpus ---

PROFILES = "profiles"
"""Folder of merged profiles: in the corpus they are named by their hash."""

# --- corpus ---

CORPUS_DESCRIPTION = "corpus_description.json"
"""The names of the modules."""
SPLIT = "split.json"
"""Which modules train, and which are held out."""
EXTRACTION = "extraction.json"
"""What became of every object of the build."""
ENTRY_COUNTS = "entry_counts.json"
"""How often each function was entered while the profile was taken."""
BASELINES = "baselines.json"
"""What the default heuristic makes of each module."""
REPLAYS = "replay.json"
"""From what each module is compiled."""
REPLAY_TIMES = "times.json"
"""How long such a compile takes; the only file here that differs between equal runs."""
BITCODE_SUFFIX = ".bc"
"""Behind a module's name: its bitcode before optimisation."""
ARGUMENTS_SUFFIX = ".cmd"
"""Behind a module's name: the arguments it was compiled with."""
OPTIMISED_SUFFIX = ".optimised"
"""Behind a module's name: its bitcode after optimisation."""
REDUCED_SUFFIX = ".reduced"
"""Behind a module's name: the same of its functions with a decision alone."""

# --- default_trace ---

TRACE_RECORDS = "trace.tfrecord"
"""The decisions, one record a function."""
DEFAULT_SCORES = "default_scores.json"
"""The score of each traced function."""

# --- vocab ---

BUCKETS_SUFFIX = ".buckets"
"""Behind a feature's name: its quantiles."""

# --- a policy's folder, and the files in it ---

GREEDY_POLICY = "saved_policy"
"""The policy that takes the likeliest action."""
SAMPLING_POLICY = "saved_collect_policy"
"""The policy that draws its actions."""
RANDOM_POLICY = "random_policy"
"""The control, which draws evenly from the legal actions."""
SAVED_MODEL = "saved_model.pb"
"""The policy's graph, as TensorFlow saves it."""
VARIABLES = "variables/variables.index"
"""The list of a graph's variables: upstream's policies have some, ours none."""
OUTPUT_SPEC = "output_spec.json"
"""Which of the graph's outputs is the decision."""
POLICY_WEIGHTS = "weights.bin"
"""What the compiler's own evaluator reads; only policies of our export have one."""

# --- warmstart ---

CLONING_HISTORY = "history.json"
"""Loss and accuracy as the imitation goes on."""
NETWORK_WEIGHTS = "weights.npz"
"""The network's weights, where training starts from."""

# --- output_model ---

POLICIES = "policies"
"""Folder of the policies, each in a folder of its iteration."""
COLLECTED_SCORE = "score.json"
"""In an iteration's folder: how its policy did when it was collected with."""
BEST = "best"
"""Link to the iteration with the lowest ratio."""
LATEST = "latest"
"""Link to the newest iteration."""
COLLECTING = "collect"
"""Folder of the policies that a round compiles under; gone when the training ends."""
CHECKPOINT = "checkpoint"
"""Folder of what an interrupted run goes on from."""
CHECKPOINT_STATE = "state.npz"
"""In that folder: all of it, in one file."""
EVENTS = "events"
"""Folder of TensorBoard's journal."""

# --- output_model, and a release's share ---

TRAINED_ON = "trained_on.json"
"""The programs that the policy was trained on."""

# --- evaluation ---

REPORT = "report.json"
"""The comparison of the policies."""

# --- release ---

RELEASE_SHARE = "share/regalloc"
"""Folder of what the release holds beside the compiler."""
RELEASED_POLICY = f"{RELEASE_SHARE}/policy"
"""The policy that is linked in, as a SavedModel."""
RELEASED_MODEL = f"{RELEASE_SHARE}/model"
"""The policy that is linked in, as a header and an object."""

# --- programs, own_programs ---

PROGRAMS_RESULT = "programs.json"
"""Counts and times of every program."""
PROGRAMS_SCRATCH = "scratch"
"""Folder where programs are built; gone when they are measured."""
PROGRAMS_MEASURED = "measured"
"""Folder with a file for each program that an interrupted run has measured; gone in the end."""
REPRODUCER_SUFFIX = "-miscompile"
"""Behind the names of a program and a variant: folder that shows how that build is wrong."""
MISCOMPILE = "miscompile.json"
"""In that folder: what went wrong, and the commands to see it."""
PROGRAM_DEFINITION = "program.toml"
"""In a program's folder: how it is built and run."""

# --- bench ---

BENCH_RESULT = "bench.json"
"""What was counted and timed."""
