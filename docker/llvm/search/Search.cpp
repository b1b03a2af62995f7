#include "Search.h"

#include "../evaluator/Policy.h"

#include "llvm/CodeGen/MachineBlockFrequencyInfo.h"
#include "llvm/CodeGen/MachineFunction.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/ProfileSummary.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Target/TargetMachine.h"

#include <algorithm>
#include <limits>
#include <mutex>

using namespace llvm;

// The weights file of a release's policy. A training toolchain has none.
extern "C" {
extern const char regalloc_policy_begin[] __attribute__((weak));
extern const char regalloc_policy_end[] __attribute__((weak));
}

namespace regalloc {

namespace {

constexpr unsigned MostDraws = 1000;

cl::opt<unsigned> Draws("regalloc-search", cl::Hidden, cl::init(0),
                        cl::desc("Try so many draws for each function beside default and policy, and keep the best"),
                        cl::cb<void, unsigned>([](unsigned) { switchAdvisorsOn(); }));
cl::opt<int64_t> Seed("regalloc-search-seed", cl::Hidden, cl::init(0), cl::desc("Seed of the draws"));
cl::opt<std::string> PolicyFolder("regalloc-search-policy", cl::Hidden,
                                  cl::desc("Folder of the policy that is asked, or none"));
// What is drawn, one after the other and then the first again.
enum DrawnFrom { Samples, GreedyVariations, DefaultVariations };
cl::list<DrawnFrom> GivenDraws(
    "regalloc-search-draws", cl::Hidden, cl::CommaSeparated, cl::desc("What draws are, in turns"),
    cl::values(clEnumValN(Samples, "samples", "samples of the policy"),
               clEnumValN(GreedyVariations, "greedy", "the greedy allocator changed, and the policy's best decisions"),
               clEnumValN(DefaultVariations, "default", "the greedy allocator changed, and the default's decisions")));

// What decides whether a function is worth the time; chosen by what seven programs executed (docs/search.md).
cl::opt<unsigned> LeastInstructions("regalloc-search-min-instructions", cl::Hidden, cl::init(150),
                                    cl::desc("Leave smaller functions at the default"));
cl::opt<double> LeastExecuted("regalloc-search-min-executed", cl::Hidden, cl::init(300.0),
                              cl::desc("Leave functions at the default of which a call executes fewer instructions, by LLVM's guess"));
cl::opt<double> LeastShare("regalloc-search-min-share", cl::Hidden, cl::init(0.0005),
                           cl::desc("With a profile: leave functions at the default that are a smaller share of what was executed"));
cl::opt<double> LeastSpill("regalloc-search-min-spill", cl::Hidden, cl::init(0.08),
                           cl::desc("Draw only where spilling adds such a share of loads and stores under the default"));
cl::opt<double> LeastSpillKnown("regalloc-search-min-spill-known", cl::Hidden, cl::init(0.01),
                                cl::desc("The same with a profile"));
cl::opt<double> LeastGain("regalloc-search-min-gain", cl::Hidden, cl::init(0.002),
                          cl::desc("Draw only where the policy lowers the score by such a share"));

cl::opt<bool> DoubtGuesses("regalloc-search-doubt-guesses", cl::Hidden, cl::init(true),
                           cl::desc("Without a profile: choose what is no worse if all loops repeat less often"));
cl::opt<bool> DoubtCounts("regalloc-search-doubt-counts", cl::Hidden, cl::init(true),
                          cl::desc("With a profile: choose what is no worse if branches are taken more evenly than counted"));

cl::opt<double> LimitS("regalloc-search-time-limit", cl::Hidden, cl::init(120.0),
                       cl::desc("Seconds after which an allocation is given up"));
cl::opt<std::string> ChoicesFile("regalloc-choices", cl::Hidden,
                                 cl::desc("Allocate as this file says, which a search wrote"),
                                 cl::cb<void, const std::string &>([](const std::string &) { switchAdvisorsOn(); }));
cl::opt<std::string> ChoicesOut("regalloc-choices-out", cl::Hidden,
                                cl::desc("Append what the search chooses to this file"));
cl::list<std::string> OnlyFunctions("regalloc-search-only", cl::Hidden, cl::CommaSeparated,
                                   cl::desc("Search these functions alone"));
cl::opt<std::string> LogFile("regalloc-search-log", cl::Hidden,
                             cl::desc("Append a line of JSON for each function to this file"));

// An allocation with so many times the decisions of the default's is given up. So circles end at the
// same decision everywhere, and not by a clock.
constexpr uint64_t DecisionFactor = 10, DecisionsMore = 1000;

void warn(const Twine &Message) { WithColor::warning() << "regalloc search: " << Message << "\n"; }

// Says the first of its messages in the life of this process.
void warnOnce(const Twine &Message) {
  static std::once_flag Said;
  std::call_once(Said, [&] { warn(Message); });
}

// The file is read once a process, by whoever comes first.
const Choices *readChoices() {
  if (ChoicesFile.empty())
    return nullptr;
  static std::string Why;
  static const std::unique_ptr<Choices> Read = Choices::read(ChoicesFile, Why);
  if (!Read)
    warnOnce("cannot use the choices in " + ChoicesFile + ": " + Why + "; functions are allocated by default");
  return Read.get();
}

// Draws without a policy: the default heuristic decides in them.
bool asksNobody() { return PolicyFolder == "none"; }

std::unique_ptr<Policy> loadPolicy(const std::vector<TensorSpec> &Features) {
  if (asksNobody())
    return nullptr;
  std::unique_ptr<WeightsFile> File;
  if (!PolicyFolder.empty())
    File = std::make_unique<WeightsFile>(StringRef(PolicyFolder));
  else if (regalloc_policy_begin)
    File = std::make_unique<WeightsFile>(
        StringRef(regalloc_policy_begin, regalloc_policy_end - regalloc_policy_begin), "the policy inside");
  if (!File) {
    warnOnce("this compiler has no policy inside, and -regalloc-search-policy names none; nothing is searched");
    return nullptr;
  }
  return std::make_unique<Policy>(std::move(File), Features, "");
}

json::Value toJson(const Choice &By, const Outcome &Of) {
  const char *Names[] = {"default", "greedy", "sample"};
  return json::Object{{"by", Names[By.By]},
                      {"varied", By.IsVaried},
                      {"seed", By.Seed},
                      {"score", score(Of.Counted)},
                      {"doubted", score(Of.Doubted)},
                      {"loads", Of.Counted.Loads},
                      {"stores", Of.Counted.Stores},
                      {"copies", Of.Counted.Copies},
                      {"cheap", Of.Counted.CheapRemats},
                      {"expensive", Of.Counted.ExpensiveRemats},
                      {"saved", Of.Counted.SavedRegisters},
                      {"ms", Of.Seconds * 1e3},
                      {"decisions", static_cast<int64_t>(Of.Decisions)}};
}

// Debug instructions count as none, so that they change nothing.
double countInstructions(const MachineBasicBlock &MBB) {
  return count_if(MBB, [](const MachineInstr &MI) { return !MI.isDebugInstr(); });
}

double countInstructions(const MachineFunction &MF) {
  double Total = 0;
  for (const MachineBasicBlock &MBB : MF)
    Total += countInstructions(MBB);
  return Total;
}

// Instructions that a call of the function is expected to execute.
double countExpected(const MachineFunction &MF, const MachineBlockFrequencyInfo &MBFI) {
  double Total = 0;
  for (const MachineBasicBlock &MBB : MF)
    Total += MBFI.getBlockFreqRelativeToEntryBlock(&MBB) * countInstructions(MBB);
  return Total;
}

// The function's share of what a profile counted; nothing without one.
std::optional<double> executedShare(const MachineFunction &MF, Search::Frequencies Of) {
  auto Entered = MF.getFunction().getEntryCount();
  const Module &M = *MF.getFunction().getParent();
  Metadata *Summary = M.getProfileSummary(/*IsCS=*/false);
  if (!Entered || !Summary)
    return std::nullopt;
  std::unique_ptr<ProfileSummary> Known(ProfileSummary::getFromMD(Summary));
  if (!Known || !Known->getTotalCount())
    return std::nullopt;
  const MachineBlockFrequencyInfo &MBFI = Of();
  double Blocks = 0;
  for (const MachineBasicBlock &MBB : MF)
    Blocks += MBFI.getBlockFreqRelativeToEntryBlock(&MBB);
  return static_cast<double>(Entered->getCount()) * Blocks / static_cast<double>(Known->getTotalCount());
}

void log(const MachineFunction &MF, const MachineBlockFrequencyInfo &MBFI, const Cost &Floor,
         std::optional<double> Share, ArrayRef<std::pair<Choice, Outcome>> Tried) {
  json::Array Rows;
  for (const auto &[By, Of] : Tried)
    Rows.push_back(toJson(By, Of));
  std::string Line;
  raw_string_ostream(Line) << json::Value(json::Object{
                                  {"module", MF.getFunction().getParent()->getSourceFileName()},
                                  {"function", MF.getName()},
                                  {"instructions", countInstructions(MF)},
                                  {"expected", countExpected(MF, MBFI)},
                                  {"floor", Floor.Loads + Floor.Stores},
                                  {"share", Share.value_or(-1)},
                                  {"tried", std::move(Rows)}})
                           << "\n";
  std::error_code Error;
  raw_fd_ostream Out(LogFile, Error, sys::fs::OF_Append);
  if (Error)
    warnOnce("cannot write " + LogFile + ": " + Error.message());
  else
    Out << Line;
}

} // namespace

thread_local Search *Search::Current = nullptr;

bool isSearching() { return Draws.getNumOccurrences() > 0 || !ChoicesFile.empty(); }

Search::Search(const std::vector<TensorSpec> &Features)
    : Asked(loadPolicy(Features)), Given(readChoices()) {}

Search::~Search() {
  if (Here)
    Trial::giveUp();
  if (Current == this)
    Current = nullptr;
  if (OtherCode)
    warn(ChoicesFile + ": " + Twine(OtherCode) +
         " functions have other code than when it was written, and are allocated by default");
  if (OtherPolicy)
    warn(ChoicesFile + ": " + Twine(OtherPolicy) +
         " choices were made with another policy, and their functions are allocated by default");
}

Search *Search::find(const MachineFunction &MF) { return Current && Current->MF == &MF ? Current : nullptr; }

const Variation &Search::variation(const MachineFunction &MF) {
  static const Variation None;
  Search *Asked = find(MF);
  return Asked ? Asked->Varied : None;
}

void *Search::feature(size_t Index) { return Asked ? Asked->input(Index) : nullptr; }

void Search::enter(const MachineFunction &Entered, const MachineBlockFrequencyInfo &Known) {
  // A target may allocate a function in several parts.
  if (MF != &Entered)
    start(Entered, [&]() -> const MachineBlockFrequencyInfo & { return Known; });
  MBFI = &Known;
}

void Search::prepare(const MachineFunction &Entered, Frequencies Of) {
  start(Entered, Of);
  settle();
  if (none_of(listTurns(), [](const Choice &Turn) { return Turn.IsVaried; }))
    return;
  MBFI = &Of();
  begin();
}

void Search::start(const MachineFunction &Entered, Frequencies Of) {
  // A trial is of one function, and ends with it even if code generation stops before its score.
  if (Here)
    Trial::giveUp();
  MF = &Entered;
  MBFI = nullptr;
  Share = executedShare(Entered, Of);
  Current = this;
  Stage = Fresh;
  About.reset();
  Decisions = 0;
  use({});
}

// Whether there is somebody to decide in draws, for this function's target.
bool Search::canAsk() const {
  if (!Asked)
    return asksNobody();
  const Triple &Target = MF->getTarget().getTargetTriple();
  if (Target.getArch() == Triple::x86_64)
    return true;
  warnOnce("the policy was trained for x86-64, and this is " + Target.getArchName() + "; nothing is searched");
  return false;
}

bool Search::isWorthIt() const {
  if (!Draws.getNumOccurrences())
    return false;
  if (!OnlyFunctions.empty())
    return is_contained(OnlyFunctions, MF->getName().str());
  if (Share)
    return *Share >= LeastShare;
  return countInstructions(*MF) >= LeastInstructions && countExpected(*MF, *MBFI) >= LeastExecuted;
}

// Leaves nothing to try where the file of choices knows the function.
void Search::settle() {
  Stage = Settled;
  if (Given || !ChoicesOut.empty())
    About.emplace(*MF, checksum());
  if (Given && canAsk() && isChosen())
    Stage = Begun;
}

bool Search::isChosen() {
  Choice Chosen;
  switch (Given->find(*About, Chosen)) {
  case Choices::Found:
    use(Chosen);
    return true;
  case Choices::OtherCode:
    ++OtherCode;
    return false;
  case Choices::OtherPolicy:
    ++OtherPolicy;
    return false;
  case Choices::Unknown:
    return false;
  }
  return false;
}

void Search::begin() {
  if (Stage == Fresh)
    settle();
  if (Stage == Begun)
    return;
  Stage = Begun;
  if (canAsk() && isWorthIt())
    tryAll();
}

Decider Search::decide() {
  begin();
  ++Decisions;
  if (Here && MostDecisions && Decisions > MostDecisions)
    Trial::giveUp();
  return Made.By == Choice::Default || !Asked ? Decider::Default : Decider::Policy;
}

int64_t Search::ask() { return Asked->decide(); }

// Tells policies apart, for a file of choices.
uint32_t Search::checksum() const { return Asked ? Asked->checksum() : 0; }

void Search::use(const Choice &Chosen) {
  Made = Chosen;
  Varied = Chosen.IsVaried ? Variation(Chosen.Seed) : Variation();
  if (!Asked)
    return;
  if (Chosen.By == Choice::Sample)
    Asked->draw(Chosen.Seed);
  else
    Asked->beGreedy();
}

// True in the trial's process, which is to go on and allocate.
bool Search::tryOne(const Choice &Next) {
  Trial Started = Trial::start(MF->getFunction().getContext());
  if (Started.isHere()) {
    Here = Started;
    use(Next);
    return true;
  }
  auto Ended = Started.wait(LimitS);
  if (auto *Result = std::get_if<Outcome>(&Ended))
    Tried.push_back({Next, *Result});
  else
    warnOnce(Twine(std::get<std::string>(Ended)) + " in " + MF->getName() + ", and is left out");
  return false;
}

void Search::tryAll() {
  Tried.clear();
  Floor = measure(*MF, *MBFI);
  MostDecisions = 0;
  if (tryOne({}))
    return;
  // Without the default's score there is nothing to be better than, and without a decision nothing to decide.
  if (Tried.empty() || !Tried.front().second.Decisions) {
    Tried.clear();
    return use({});
  }
  MostDecisions = DecisionFactor * Tried.front().second.Decisions + DecisionsMore;
  if (!isPromising())
    return use({});
  if (Asked && tryOne({Choice::Greedy}))
    return;
  if (Asked && !hasGained())
    return choose(best());
  if (drawAll())
    return;
  choose(best());
}

// What each allocation is measured by a second time.
Doubt Search::doubts() const {
  if (Share)
    return DoubtCounts ? Doubt::Counts : Doubt::Nothing;
  return DoubtGuesses ? Doubt::Guesses : Doubt::Nothing;
}

// Only what is spilled can be saved.
bool Search::isPromising() const {
  const Cost &Default = Tried.front().second.Counted;
  double Spilled = Default.Loads + Default.Stores - Floor.Loads - Floor.Stores;
  double Least = Share ? LeastSpillKnown : LeastSpill;
  return Spilled >= Least * (Default.Loads + Default.Stores);
}

// What is executed often is worth draws that may be in vain.
bool Search::hasGained() const {
  if (Share)
    return true;
  return remaining(Tried.back().second).mean() <= 1 - LeastGain;
}

// What is drawn, in turns.
SmallVector<Choice, 2> Search::listTurns() const {
  const Choice Kinds[] = {{Choice::Sample}, {Choice::Greedy, true}, {Choice::Default, true}};
  SmallVector<Choice, 2> Turns;
  for (DrawnFrom Kind : GivenDraws)
    Turns.push_back(Kinds[Kind]);
  // Without a policy there is nothing to sample.
  if (!Asked)
    Turns = {Kinds[DefaultVariations]};
  // Where frequencies are guessed, samples of the policy err less often; where they were counted, variations of the
  // default do, and gain as much as those of the policy (docs/search.md).
  if (Turns.empty())
    Turns = {Kinds[Share ? DefaultVariations : Samples]};
  return Turns;
}

// As below, true in a trial's process.
bool Search::drawAll() {
  const auto Turns = listTurns();
  for (unsigned I = 0, Count = std::min<unsigned>(Draws, MostDraws); I < Count; ++I) {
    Choice Drawn = Turns[I % Turns.size()];
    Drawn.Seed = Seed + I;
    if (tryOne(Drawn))
      return true;
  }
  return false;
}

// The parts of the default's cost that are left. LLVM guesses how often a loop repeats, and errs by a hundred times
// (docs/search.md); what was counted is what one input did. Where nothing is doubted both parts are the same.
Search::Remaining Search::remaining(const Outcome &Of) const {
  auto Part = [&](Cost Outcome::*By) {
    double Now = score(Of.*By), Default = score(Tried.front().second.*By);
    if (Now == Default)
      return 1.0;
    return Default > 0 ? Now / Default : std::numeric_limits<double>::infinity();
  };
  return {Part(&Outcome::Counted), Part(&Outcome::Doubted)};
}

// The first of those that leave least, and by neither frequencies more than the default.
const Choice &Search::best() const {
  size_t Best = 0;
  double Least = 1;
  for (size_t I = 0; I < Tried.size(); ++I) {
    Remaining Left = remaining(Tried[I].second);
    if (Left.worst() <= 1 && Left.mean() < Least) {
      Best = I;
      Least = Left.mean();
    }
  }
  return Tried[Best].first;
}

void Search::choose(const Choice &Chosen) {
  use(Chosen);
  if (ChoicesOut.empty())
    return;
  std::string Why = append(ChoicesOut, *About, Chosen);
  if (!Why.empty())
    warnOnce("cannot write " + ChoicesOut + ": " + Why);
}

void Search::leave(const MachineFunction &Left, function_ref<Cost(Doubt)> Measure) {
  if (Here)
    Here->finish({Measure(Doubt::Nothing), Measure(doubts()), Decisions});
  if (!LogFile.empty() && !Tried.empty())
    log(Left, *MBFI, Floor, Share, Tried);
  Tried.clear();
  MF = nullptr;
}

} // namespace regalloc
