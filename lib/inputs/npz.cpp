#include "attnlab/inputs/npz.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "attnlab/core/argument_error.h"
#include "attnlab/inputs/npy.h"

namespace attnlab {

namespace {

// The layout is in PKWARE's APPNOTE.TXT, sections 4.3.7 (local headers), 4.3.12 (the directory), 4.3.14 and
// 4.3.15 (its end in archives above 4 GiB), 4.3.16 (its end) and 4.5.3 (sizes above 4 GiB).
constexpr std::string_view local_header = "PK\x03\x04";
constexpr std::string_view entry_header = "PK\x01\x02";
constexpr std::string_view directory_end = "PK\x05\x06";
constexpr std::string_view large_directory_end = "PK\x06\x06";
constexpr std::string_view large_locator = "PK\x06\x07";
constexpr std::int64_t longest_comment = 65535;
constexpr std::int64_t is_in_extra_field = 0xffffffff;
constexpr std::uint64_t large_sizes_tag = 1;

/// A little-endian number of `bytes` bytes.
std::uint64_t number_at(std::string_view text, std::size_t at, std::size_t bytes) {
  std::uint64_t number = 0;
  for (std::size_t byte = bytes; byte-- > 0;)
    number = number << 8 | static_cast<unsigned char>(text.at(at + byte));
  return number;
}

struct Entry {
  std::string name;
  bool compressed = false;
  std::int64_t bytes = 0;
  std::int64_t header = 0;  ///< place of its local header
};

class Archive {
 public:
  Archive(std::string_view argument, const std::filesystem::path& file)
      : argument_(argument), file_(whole_of(argument, file)) {
    try {
      read_directory();
    } catch (const std::out_of_range&) {  // of number_at
      throw broken();
    }
  }

  const std::vector<Entry>& entries() const { return entries_; }

  /// The bytes of an entry that is not compressed.
  FilePart part_of(const Entry& entry) const {
    constexpr std::int64_t bytes = 30;
    const std::string header = text(entry.header, bytes);
    if (!header.starts_with(local_header)) throw broken();
    const std::int64_t start = entry.header + bytes + static_cast<std::int64_t>(number_at(header, 26, 2)) +
                               static_cast<std::int64_t>(number_at(header, 28, 2));
    if (entry.bytes < 0 || entry.bytes > file_.bytes - start) throw broken();
    return {file_.file, start, entry.bytes};
  }

 private:
  ArgumentError broken() const {
    return ArgumentError(argument_, file_.file.string(), "not a complete .npz file",
                         "a zip archive, as numpy.savez writes it");
  }
  std::string text(std::int64_t first, std::int64_t count) const {
    if (first < 0 || count < 0 || first > file_.bytes || count > file_.bytes - first) throw broken();
    return read_bytes(argument_, file_, first, count);
  }

  void read_directory() {
    const std::int64_t searched = std::min<std::int64_t>(file_.bytes, longest_comment + 22);
    const std::string tail = text(file_.bytes - searched, searched);
    const std::size_t end = tail.rfind(directory_end);
    if (end == std::string::npos) throw broken();
    auto bytes = static_cast<std::int64_t>(number_at(tail, end + 12, 4));
    auto first = static_cast<std::int64_t>(number_at(tail, end + 16, 4));
    if (end >= 20 && std::string_view(tail).substr(end - 20).starts_with(large_locator)) {
      const auto at = static_cast<std::int64_t>(number_at(tail, end - 20 + 8, 8));
      const std::string large = text(at, 56);
      if (!large.starts_with(large_directory_end)) throw broken();
      bytes = static_cast<std::int64_t>(number_at(large, 40, 8));
      first = static_cast<std::int64_t>(number_at(large, 48, 8));
    }
    const std::string directory = text(first, bytes);
    for (std::size_t at = 0; at < directory.size();) at = read_entry(directory, at);
  }

  /// Reads the entry at `at` and returns the place after it.
  std::size_t read_entry(std::string_view directory, std::size_t at) {
    if (!directory.substr(at).starts_with(entry_header)) throw broken();
    const std::size_t name = number_at(directory, at + 28, 2);
    const std::size_t extra = number_at(directory, at + 30, 2);
    const std::size_t comment = number_at(directory, at + 32, 2);
    Entry entry{std::string(directory.substr(at + 46, name)), number_at(directory, at + 10, 2) != 0,
                static_cast<std::int64_t>(number_at(directory, at + 24, 4)),
                static_cast<std::int64_t>(number_at(directory, at + 42, 4))};
    const bool compressed_is_large = number_at(directory, at + 20, 4) == is_in_extra_field;
    at += 46 + name;
    if (at + extra + comment > directory.size()) throw broken();
    const std::string_view fields = directory.substr(at, extra);
    for (std::size_t field = 0; field + 4 <= fields.size();) {
      if (number_at(fields, field, 2) == large_sizes_tag) {
        std::size_t next = field + 4;
        const auto take = [&](std::int64_t& value) {
          if (value != is_in_extra_field) return;
          value = static_cast<std::int64_t>(number_at(fields, next, 8));
          next += 8;
        };
        take(entry.bytes);
        if (compressed_is_large) next += 8;
        take(entry.header);
      }
      field += 4 + number_at(fields, field + 2, 2);
    }
    entries_.push_back(std::move(entry));
    return at + extra + comment;
  }

  const std::string argument_;
  const FilePart file_;
  std::vector<Entry> entries_;
};

}  // namespace

StoredArray open_npz(std::string_view argument, const std::filesystem::path& file, const std::string& name) {
  const Archive archive(argument, file);
  const auto entry = std::find_if(archive.entries().begin(), archive.entries().end(),
                                  [&](const Entry& candidate) { return candidate.name == name + ".npy"; });
  const std::string shown = fmt::format("{}:{}", file.string(), name);
  if (entry == archive.entries().end()) {
    std::vector<std::string> names;
    for (const Entry& other : archive.entries())
      if (other.name.ends_with(".npy")) names.push_back(other.name.substr(0, other.name.size() - 4));
    throw ArgumentError(argument, shown, "the file has no such array",
                        fmt::format("{}", fmt::join(names, ", ")));
  }
  if (entry->compressed)
    throw ArgumentError(argument, shown, "the array is compressed",
                        "a file of numpy.savez, which does not compress");
  return open_npy(argument, archive.part_of(*entry), shown);
}

}  // namespace attnlab
