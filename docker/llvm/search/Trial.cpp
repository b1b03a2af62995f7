#include "Trial.h"

#include "llvm/IR/DiagnosticHandler.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Support/ErrorHandling.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace llvm;

namespace regalloc {

namespace {

// Exit codes of a trial. What is killed by a signal crashed.
constexpr int Told = 0, GaveUp = 77;

// An allocation that ends in an error is none.
struct GiveUpOnError : DiagnosticHandler {
  bool handleDiagnostics(const DiagnosticInfo &Info) override {
    if (Info.getSeverity() == DS_Error)
      Trial::giveUp();
    return true;
  }
};

void giveUpOnFatalError(void *, const char *, bool) { Trial::giveUp(); }

// Holds the pipe and /dev/null alone, so that nothing of the compiler's is written twice.
void leaveFiles(int Pipe) {
  int Nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int Standard : {0, 1, 2})
    if (Nothing >= 0)
      ::dup2(Nothing, Standard);
  // Numbers of the system call, as older C libraries do not declare it.
  if (Pipe > 3)
    ::syscall(SYS_close_range, 3u, static_cast<unsigned>(Pipe - 1), 0u);
  ::syscall(SYS_close_range, static_cast<unsigned>(Pipe + 1), ~0u, 0u);
}

// The compiler's handlers would remove its unfinished output.
void leaveHandlers(LLVMContext &Context) {
  for (int Signal : {SIGABRT, SIGALRM, SIGBUS, SIGFPE, SIGHUP, SIGILL, SIGINT, SIGPIPE, SIGQUIT, SIGSEGV,
                     SIGSYS, SIGTERM, SIGTRAP, SIGUSR1, SIGUSR2, SIGXCPU, SIGXFSZ})
    ::signal(Signal, SIG_DFL);
  remove_fatal_error_handler();
  install_fatal_error_handler(giveUpOnFatalError);
  remove_bad_alloc_error_handler();
  install_bad_alloc_error_handler(giveUpOnFatalError);
  Context.setDiagnosticHandler(std::make_unique<GiveUpOnError>());
}

void becomeTrial(int Pipe, LLVMContext &Context) {
  leaveFiles(Pipe);
  leaveHandlers(Context);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  rlimit NoCore{0, 0};
  ::setrlimit(RLIMIT_CORE, &NoCore);
}

std::string describe(const char *Call) { return std::string(Call) + ": " + std::strerror(errno); }

using Clock = std::chrono::steady_clock;

// Reads a whole outcome. False at the end of the file, or when time is up.
bool receive(int Pipe, Outcome &Result, Clock::time_point Until, bool &IsLate) {
  char *To = reinterpret_cast<char *>(&Result);
  for (size_t Got = 0; Got < sizeof(Result);) {
    auto Left = std::chrono::duration_cast<std::chrono::milliseconds>(Until - Clock::now()).count();
    pollfd Wanted{Pipe, POLLIN, 0};
    int Ready = Left > 0 ? ::poll(&Wanted, 1, static_cast<int>(Left)) : 0;
    if (Ready < 0 && errno == EINTR)
      continue;
    if (Ready <= 0) {
      IsLate = Ready == 0;
      return false;
    }
    ssize_t More = ::read(Pipe, To + Got, sizeof(Result) - Got);
    if (More < 0 && errno == EINTR)
      continue;
    if (More <= 0)
      return false;
    Got += static_cast<size_t>(More);
  }
  return true;
}

double seconds(const timeval &Time) { return Time.tv_sec + Time.tv_usec * 1e-6; }

// The exit code of a process, or -1 when it was killed.
int reap(int Process, double &Seconds) {
  int Status = 0;
  rusage Used{};
  while (::wait4(Process, &Status, 0, &Used) < 0)
    if (errno != EINTR)
      return Told; // whoever started the compiler has its children reaped for it
  Seconds = seconds(Used.ru_utime) + seconds(Used.ru_stime);
  return WIFEXITED(Status) ? WEXITSTATUS(Status) : -1;
}

} // namespace

Trial Trial::start(LLVMContext &Context) {
  Trial Made;
  int Ends[2];
  if (::pipe2(Ends, O_CLOEXEC) < 0) {
    Made.WhyNone = describe("pipe");
    return Made;
  }
  Made.Process = ::fork();
  Made.Here = Made.Process == 0;
  if (Made.Process < 0)
    Made.WhyNone = describe("fork");
  ::close(Ends[Made.Here ? 0 : 1]);
  Made.Pipe = Ends[Made.Here ? 1 : 0];
  if (Made.Here)
    becomeTrial(Made.Pipe, Context);
  return Made;
}

std::variant<Outcome, std::string> Trial::wait(double LimitS) {
  if (Process < 0) {
    if (Pipe >= 0)
      ::close(Pipe);
    return "no process could be started (" + WhyNone + ")";
  }
  Outcome Result;
  bool IsLate = false;
  auto Limit = std::chrono::duration<double>(LimitS);
  bool IsWhole = receive(Pipe, Result, Clock::now() + std::chrono::duration_cast<Clock::duration>(Limit), IsLate);
  ::close(Pipe);
  if (!IsWhole)
    ::kill(Process, SIGKILL);
  int Code = reap(Process, Result.Seconds);
  if (IsWhole)
    return Result;
  if (IsLate)
    return std::string("an allocation took too long");
  return std::string(Code == GaveUp ? "an allocation failed" : "an allocation crashed");
}

void Trial::finish(const Outcome &Result) const {
  // Less than a pipe holds, so it is written at once.
  bool IsTold = ::write(Pipe, &Result, sizeof(Result)) == static_cast<ssize_t>(sizeof(Result));
  ::_exit(IsTold ? Told : GaveUp);
}

void Trial::giveUp() { ::_exit(GaveUp); }

} // namespace regalloc
