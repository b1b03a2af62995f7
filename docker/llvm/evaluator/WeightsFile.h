// A policy's weights file, as regalloc/formats/weights_file.py writes it and docs/formats.md describes it.
#ifndef REGALLOC_WEIGHTSFILE_H
#define REGALLOC_WEIGHTSFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace regalloc {

template <typename T> constexpr const char *ArrayType = nullptr;
template <> inline constexpr const char *ArrayType<float> = "float";
template <> inline constexpr const char *ArrayType<double> = "double";
template <> inline constexpr const char *ArrayType<int32_t> = "int32_t";

// The file, mapped. Whoever holds arrays of it keeps it. What is wrong with it ends the process.
class WeightsFile {
public:
  explicit WeightsFile(llvm::StringRef Folder);
  // A file that is part of this program, under a name for messages.
  WeightsFile(llvm::StringRef Bytes, llvm::StringRef Name);

  [[noreturn]] void fail(const llvm::Twine &Why) const;

  // Of all that the file says.
  uint32_t checksum() const;

  std::string text(llvm::StringRef Key) const;
  int64_t number(llvm::StringRef Key) const;
  std::vector<std::string> texts(llvm::StringRef Key) const;
  const llvm::json::Array &list(llvm::StringRef Key) const;
  bool has(llvm::StringRef Array) const { return Table->get(Array); }
  int64_t dimension(llvm::StringRef Array, size_t Axis) const;

  // The elements of an array, which must have that shape.
  template <typename T>
  llvm::ArrayRef<T> array(llvm::StringRef Name,
                          llvm::ArrayRef<int64_t> Shape) const {
    const char *Begin = find(Name, ArrayType<T>, Shape, sizeof(T));
    size_t Count = 1;
    for (int64_t Size : Shape)
      Count *= static_cast<size_t>(Size);
    return {reinterpret_cast<const T *>(Begin), Count};
  }

private:
  void read();
  void readPrelude();
  void checkSavedModel(llvm::StringRef Folder) const;
  const llvm::json::Object &entry(llvm::StringRef Array) const;
  const char *find(llvm::StringRef Name, llvm::StringRef Type,
                   llvm::ArrayRef<int64_t> Shape, size_t ElementSize) const;

  const std::string Path;
  std::unique_ptr<llvm::MemoryBuffer> Buffer;
  llvm::json::Value Root = nullptr;
  const llvm::json::Object *Header = nullptr, *Table = nullptr;
  llvm::StringRef Data;
};

} // namespace regalloc

#endif
