#include "Profile.h"

#include "llvm/IR/Module.h"
#include "llvm/ProfileData/InstrProfReader.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;
using support::endian::read16le;
using support::endian::read64le;

namespace {

constexpr const char *Merge = "merge what the program wrote: llvm-profdata merge -o FILE default_*.profraw";

constexpr const char *AnotherKind = "another instrumentation took it; take one with -regalloc-profile-generate";

constexpr size_t Word = sizeof(uint64_t);

// The table of functions in a profile: where each bucket of it begins, behind all buckets. LLVM follows these numbers
// wherever they lead.
class Table {
public:
  Table(StringRef Bytes, uint64_t Place) : Bytes(Bytes), Place(Place) {}

  bool isWhole() const {
    if (!fits(Place, 2 * Word))
      return false;
    uint64_t Buckets = at(Place), First = Place + 2 * Word;
    if (!isPowerOf2_64(Buckets) || Buckets > Bytes.size() / Word || !fits(First, Buckets * Word))
      return false;
    for (uint64_t I = 0; I < Buckets; ++I)
      if (uint64_t Bucket = at(First + I * Word); Bucket && !isWholeBucket(Bucket))
        return false;
    return true;
  }

private:
  uint64_t at(uint64_t Offset) const { return read64le(Bytes.data() + Offset); }
  bool fits(uint64_t Offset, uint64_t Size) const { return Size <= Bytes.size() && Offset <= Bytes.size() - Size; }

  // The number of entries; of each its hash, the lengths of name and counts, and those.
  bool isWholeBucket(uint64_t Offset) const {
    if (!fits(Offset, sizeof(uint16_t)))
      return false;
    unsigned Entries = read16le(Bytes.data() + Offset);
    Offset += sizeof(uint16_t);
    for (unsigned I = 0; I < Entries; ++I) {
      if (!fits(Offset, 3 * Word))
        return false;
      uint64_t Name = at(Offset + Word), Counts = at(Offset + 2 * Word);
      Offset += 3 * Word;
      if (!fits(Offset, Name) || !fits(Offset + Name, Counts))
        return false;
      Offset += Name + Counts;
    }
    return true;
  }

  const StringRef Bytes;
  const uint64_t Place;
};

// The numbers of fields and of steps of the summary, and those.
bool isWholeSummary(StringRef Bytes) {
  constexpr size_t Step = 3 * Word, Fields = IndexedInstrProf::Summary::NumKinds;
  if (Bytes.size() < (2 + Fields) * Word || read64le(Bytes.data()) != Fields)
    return false;
  return read64le(Bytes.data() + Word) <= (Bytes.size() - (2 + Fields) * Word) / Step;
}

// Where the header says that parts of a profile are, is inside of the file.
bool isWhole(const MemoryBuffer &Buffer, const IndexedInstrProf::Header &Header) {
  StringRef Bytes = Buffer.getBuffer();
  if (!isWholeSummary(Bytes.substr(Header.size())))
    return false;
  for (uint64_t Offset : {Header.MemProfOffset, Header.BinaryIdOffset, Header.TemporalProfTracesOffset,
                          Header.VTableNamesOffset})
    if (Offset > Bytes.size() - Word)
      return false;
  return Table(Bytes, Header.HashOffset).isWhole();
}

// Why a file is no profile that LLVM could read; empty if it is one.
std::string findFault(const MemoryBuffer &Buffer) {
  constexpr size_t LongestHeader = 9 * Word;
  if (!Buffer.getBufferSize())
    return "it is empty";
  if (RawInstrProfReader64::hasFormat(Buffer) || RawInstrProfReader32::hasFormat(Buffer))
    return std::string("it is raw; ") + Merge;
  if (!IndexedInstrProfReader::hasFormat(Buffer))
    return std::string("it is no merged profile; ") + Merge;
  constexpr const char *Damaged = "it is damaged or incomplete; merge it again";
  if (Buffer.getBufferSize() < LongestHeader)
    return Damaged;
  const auto *Start = reinterpret_cast<const unsigned char *>(Buffer.getBufferStart());
  Expected<IndexedInstrProf::Header> Header = IndexedInstrProf::Header::readFromBuffer(Start);
  if (!Header) {
    consumeError(Header.takeError());
    return "another release's llvm-profdata merged it; use the one beside this compiler";
  }
  if (Header->Version & VARIANT_MASK_MEMPROF)
    return AnotherKind;
  return isWhole(Buffer, *Header) ? "" : Damaged;
}

std::string findFault(const IndexedInstrProfReader &Profile) {
  if (!Profile.isIRLevelProfile() || Profile.hasCSIRLevelProfile())
    return AnotherKind;
  if (Profile.hasSingleByteCoverage() || Profile.functionEntryOnly())
    return "it says what was executed, and not how often";
  return "";
}

} // namespace

std::unique_ptr<IndexedInstrProfReader> regalloc::openProfile(Module &M, StringRef Path) {
  auto Refuse = [&](const Twine &Why) {
    report(M, M.getName(), "profile " + Path + ": " + Why);
    return nullptr;
  };
  ErrorOr<std::unique_ptr<MemoryBuffer>> Buffer = MemoryBuffer::getFile(Path);
  if (std::error_code Error = Buffer.getError())
    return Refuse("it cannot be read: " + Twine(Error.message()));
  if (std::string Fault = findFault(**Buffer); !Fault.empty())
    return Refuse(Fault);
  auto Profile = IndexedInstrProfReader::create(std::move(*Buffer), /*RemappingBuffer=*/nullptr);
  if (!Profile)
    return Refuse(toString(Profile.takeError()));
  if (std::string Fault = findFault(**Profile); !Fault.empty())
    return Refuse(Fault);
  return std::move(*Profile);
}
