#include "WeightsFile.h"
#include "Fatal.h"
#include "Model.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CRC.h"
#include "llvm/Support/Endian.h"

using namespace llvm;

namespace regalloc {

namespace {

constexpr StringRef Magic = "REGALLOC";
constexpr uint32_t Version = 1;
constexpr size_t PreludeBytes = 24;
constexpr size_t Alignment = 64;

constexpr size_t ChecksumAt = 12;

uint32_t checksumOf(StringRef Bytes) {
  return crc32(ArrayRef<uint8_t>(Bytes.bytes_begin(), Bytes.size()));
}

std::unique_ptr<MemoryBuffer> map(const std::string &Path) {
  auto Buffer = MemoryBuffer::getFile(Path, /*IsText=*/false,
                                      /*RequiresNullTerminator=*/false);
  if (!Buffer)
    fatal("cannot read " + Path + ": " + Buffer.getError().message());
  return std::move(*Buffer);
}

} // namespace

WeightsFile::WeightsFile(StringRef Folder)
    : Path((Folder + "/" + WeightsFileName).str()), Buffer(map(Path)) {
  read();
  checkSavedModel(Folder);
}

WeightsFile::WeightsFile(StringRef Bytes, StringRef Name)
    : Path(Name), Buffer(MemoryBuffer::getMemBuffer(Bytes, Name, /*RequiresNullTerminator=*/false)) {
  read();
}

void WeightsFile::read() {
  readPrelude();
  Header = Root.getAsObject();
  Table = Header ? Header->getObject("arrays") : nullptr;
  if (!Table)
    fail("its header has no arrays");
}

void WeightsFile::fail(const Twine &Why) const { fatal(Path + ": " + Why); }

void WeightsFile::readPrelude() {
  StringRef File = Buffer->getBuffer();
  if (File.size() < PreludeBytes || File.take_front(Magic.size()) != Magic)
    fail("it does not begin as a weights file does");
  uint32_t Found = support::endian::read32le(File.data() + 8);
  if (Found != Version)
    fail("it is of version " + Twine(Found) + ", and this compiler reads version " +
         Twine(Version));
  StringRef Body = File.drop_front(PreludeBytes);
  uint64_t HeaderBytes = support::endian::read64le(File.data() + 16);
  if (HeaderBytes > Body.size() ||
      checksumOf(Body) != checksum())
    fail("it is cut off or altered: its checksum is wrong");
  Expected<json::Value> Parsed = json::parse(Body.take_front(HeaderBytes));
  if (!Parsed)
    fail("its header is not JSON: " + toString(Parsed.takeError()));
  Root = std::move(*Parsed);
  Data = Body.drop_front(HeaderBytes);
}

// The two say the same policy, or neither is to be trusted: somebody replaced one of them.
void WeightsFile::checkSavedModel(StringRef Folder) const {
  std::unique_ptr<MemoryBuffer> Model =
      map((Folder + "/" + SavedModelFile).str());
  const json::Object None, *Found = Header->getObject("saved_model");
  const json::Object &Stated = Found ? *Found : None;
  auto Bytes = Stated.getInteger("bytes"), Sum = Stated.getInteger("crc32");
  if (!Bytes || !Sum)
    fail("its header does not say which saved_model.pb it belongs to");
  if (static_cast<size_t>(*Bytes) != Model->getBufferSize() ||
      static_cast<uint32_t>(*Sum) != checksumOf(Model->getBuffer()))
    fail("it belongs to another saved_model.pb; export the policy again");
}

uint32_t WeightsFile::checksum() const {
  return support::endian::read32le(Buffer->getBufferStart() + ChecksumAt);
}

std::string WeightsFile::text(StringRef Key) const {
  auto Value = Header->getString(Key);
  if (!Value)
    fail("its header has no text " + Key);
  return Value->str();
}

int64_t WeightsFile::number(StringRef Key) const {
  auto Value = Header->getInteger(Key);
  if (!Value)
    fail("its header has no number " + Key);
  return *Value;
}

const json::Array &WeightsFile::list(StringRef Key) const {
  const json::Array *Found = Header->getArray(Key);
  if (!Found)
    fail("its header has no list " + Key);
  return *Found;
}

std::vector<std::string> WeightsFile::texts(StringRef Key) const {
  std::vector<std::string> Texts;
  for (const json::Value &Value : list(Key)) {
    auto Text = Value.getAsString();
    if (!Text)
      fail(Key + " in its header is not a list of texts");
    Texts.push_back(Text->str());
  }
  return Texts;
}

const json::Object &WeightsFile::entry(StringRef Array) const {
  const json::Object *Entry = Table->getObject(Array);
  if (!Entry || !Entry->getString("type") || !Entry->getArray("shape") ||
      !Entry->getInteger("offset"))
    fail("it has no array " + Array);
  return *Entry;
}

int64_t WeightsFile::dimension(StringRef Array, size_t Axis) const {
  const json::Array &Shape = *entry(Array).getArray("shape");
  if (Axis < Shape.size())
    if (auto Size = Shape[Axis].getAsInteger(); Size && *Size > 0)
      return *Size;
  fail("its array " + Array + " has no dimension " + Twine(Axis));
}

const char *WeightsFile::find(StringRef Name, StringRef Type,
                              ArrayRef<int64_t> Shape,
                              size_t ElementSize) const {
  const json::Object &Entry = entry(Name);
  bool Fits = *Entry.getString("type") == Type &&
              Entry.getArray("shape")->size() == Shape.size();
  uint64_t Bytes = ElementSize;
  for (size_t Axis = 0; Fits && Axis < Shape.size(); ++Axis) {
    Fits = dimension(Name, Axis) == Shape[Axis];
    Bytes *= static_cast<uint64_t>(Shape[Axis]);
  }
  uint64_t Offset = static_cast<uint64_t>(*Entry.getInteger("offset"));
  if (!Fits)
    fail("its array " + Name + " is not of the type and shape that the policy needs");
  if (Offset % Alignment || Offset > Data.size() || Bytes > Data.size() - Offset)
    fail("its array " + Name + " lies outside of it");
  const char *Begin = Data.data() + Offset;
  if (reinterpret_cast<uintptr_t>(Begin) % ElementSize)
    fail("its array " + Name + " is not aligned");
  return Begin;
}

} // namespace regalloc
