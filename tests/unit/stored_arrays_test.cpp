// Arrays in .npy, .npz and .safetensors files: what is read, what is refused, and that no file of random
// bytes does anything else.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <span>

#include "attnlab/core/argument_error.h"
#include "attnlab/inputs/input_source.h"
#include "attnlab/inputs/npy.h"
#include "attnlab/inputs/npz.h"
#include "attnlab/inputs/safetensors.h"
#include "support/temporary_directory.h"

namespace attnlab {
namespace {

class StoredArrays : public ::testing::Test {
 protected:
  std::filesystem::path file(const std::string& name, const std::string& bytes) const {
    std::ofstream(directory_ / name, std::ios::binary) << bytes;
    return directory_ / name;
  }
  std::vector<float> floats_of(const std::string& npy) const {
    const StoredArray array = open_npy("test", file("x.npy", npy));
    return read_floats("test", array, 0, array.count()).values;
  }

  TemporaryDirectory directory_;
};

template <class Number>
std::string bytes_of(const std::vector<Number>& numbers, bool big_endian = false) {
  std::string bytes;
  for (const Number number : numbers) {
    std::string one(reinterpret_cast<const char*>(&number), sizeof number);
    if (big_endian) std::reverse(one.begin(), one.end());
    bytes += one;
  }
  return bytes;
}

std::string npy(std::string header, const std::string& data) {
  header.append(117 - header.size(), ' ');
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(118) + '\0' + header + '\n' + data;
}

std::string little(std::uint64_t number, std::size_t bytes) {
  std::string text(bytes, '\0');
  std::memcpy(text.data(), &number, std::min(bytes, sizeof number));
  return text;
}

/// A zip archive of entries that are not compressed, as numpy.savez writes it: zipfile leaves the sizes in a
/// local header to its extra field. `large`: the directory has its sizes and places in extra fields, too.
std::string zip(const std::vector<std::pair<std::string, std::string>>& entries, bool large = false,
                int method = 0) {
  std::string archive, directory;
  for (const auto& [name, data] : entries) {
    const std::string at = little(archive.size(), 8);
    const std::string sizes = little(1, 2) + little(16, 2) + little(data.size(), 8) + little(data.size(), 8);
    archive += "PK\x03\x04" + little(45, 2) + little(0, 2) + little(static_cast<unsigned>(method), 2) +
               little(0, 8) + little(0xffffffff, 4) + little(0xffffffff, 4) + little(name.size(), 2) +
               little(20, 2) + name + sizes + data;
    const std::string extra =
        large ? little(1, 2) + little(24, 2) + little(data.size(), 8) + little(data.size(), 8) + at : "";
    const std::uint64_t shown = large ? 0xffffffff : data.size();
    directory += "PK\x01\x02" + little(45, 2) + little(45, 2) + little(0, 2) +
                 little(static_cast<unsigned>(method), 2) + little(0, 8) + little(shown, 4) +
                 little(shown, 4) + little(name.size(), 2) + little(extra.size(), 2) + little(0, 10) +
                 (large ? little(0xffffffff, 4) : at.substr(0, 4)) + name + extra;
  }
  const std::uint64_t start = archive.size();
  archive += directory;
  if (large)
    archive += "PK\x06\x06" + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 8) +
               little(entries.size(), 8) + little(entries.size(), 8) + little(directory.size(), 8) +
               little(start, 8) + "PK\x06\x07" + little(0, 4) + little(start + directory.size(), 8) +
               little(1, 4);
  return archive + "PK\x05\x06" + little(0, 4) + little(entries.size(), 2) + little(entries.size(), 2) +
         little(large ? 0xffffffff : directory.size(), 4) + little(large ? 0xffffffff : start, 4) +
         little(0, 2);
}

std::string safetensors(const std::string& header, const std::string& data) {
  return little(header.size(), 8) + header + data;
}

const std::vector<float> six{1, -2, 0.5F, 65504, 1e-7F, 3};
const std::string six_header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";

TEST_F(StoredArrays, HeadersOfPython2AndBothByteOrders) {
  EXPECT_EQ(floats_of(npy(six_header, bytes_of(six))), six);
  EXPECT_EQ(floats_of(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L), }", bytes_of(six))),
            six);
  EXPECT_EQ(floats_of(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (6L,), }", bytes_of(six))), six);
  EXPECT_EQ(
      floats_of(npy("{'descr': '>f4', 'fortran_order': False, 'shape': (2, 3), }", bytes_of(six, true))),
      six);
  EXPECT_EQ(floats_of(npy("{'descr': '>f8', 'fortran_order': False, 'shape': (2,), }",
                          bytes_of(std::vector<double>{1.5, -3}, true))),
            (std::vector<float>{1.5, -3}));
  EXPECT_EQ(floats_of(npy("{'descr': '>f2', 'fortran_order': False, 'shape': (3,), }",
                          bytes_of(std::vector<std::uint16_t>{0x3c00, 0xc000, 0x0001}, true))),
            (std::vector<float>{1, -2, 0x1p-24F}));
  const StoredArray starts =
      open_npy("test", file("i.npy", npy("{'descr': '>i4', 'fortran_order': False, 'shape': (3L,), }",
                                         bytes_of(std::vector<std::int32_t>{0, 7, -1}, true))));
  EXPECT_EQ(read_integers("test", starts), (std::vector<std::int64_t>{0, 7, -1}));
}

TEST_F(StoredArrays, BadHeadersAreRefused) {
  for (const char* shape : {"(2LL, 3)", "(2, -3)", "(2 3)", "(2, 3", "2, 3", "(x,)",
                            "(99999999999999999999,)", "(4294967296, 4294967296)", "(3, 3)", "(2; 3)"})
    EXPECT_THROW(
        floats_of(npy("{'descr': '<f4', 'fortran_order': False, 'shape': " + std::string(shape) + ", }",
                      bytes_of(six))),
        ArgumentError)
        << shape;
  for (const char* type : {"'<u4'", "'|f4'", "'<c8'", "'<f16'", "'", "[('a', '<f4')]"})
    EXPECT_THROW(
        floats_of(npy("{'descr': " + std::string(type) + ", 'fortran_order': False, 'shape': (2, 3), }",
                      bytes_of(six))),
        ArgumentError)
        << type;
}

TEST_F(StoredArrays, OfNpzFiles) {
  const std::string one = npy(six_header, bytes_of(six));
  const std::string other = npy("{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }",
                                bytes_of(std::vector<float>{7, 8}, true));
  for (const bool large : {false, true})
    for (const char* comment : {"", "a comment"}) {
      const auto archive = file("x.npz", zip({{"other.npy", other}, {"a.b.npy", one}}, large) + comment);
      const StoredArray array = open_npz("test", archive, "a.b");
      EXPECT_EQ(array.shape, (std::vector<std::int64_t>{2, 3}));
      EXPECT_EQ(read_floats("test", array, 0, 6).values, six);
      EXPECT_EQ(read_floats("test", open_npz("test", archive, "other"), 1, 1).values, std::vector<float>{8});
    }
  const auto refused = [&](const std::string& bytes, const std::string& mention) {
    try {
      open_npz("test", file("x.npz", bytes), "q");
      ADD_FAILURE() << mention;
    } catch (const ArgumentError& error) {
      EXPECT_NE(std::string(error.what()).find(mention), std::string::npos) << error.what();
    }
  };
  refused(zip({{"k.npy", one}, {"v.npy", one}}), "no such array");
  refused(zip({{"k.npy", one}, {"v.npy", one}}), "k, v");
  refused(zip({{"q.npy", one}}, false, 8), "compressed");
  refused(zip({{"q.npy", one.substr(0, one.size() - 1)}}), "truncated");
  refused(one, "not a complete .npz");
  refused(zip({{"q.npy", one}}).substr(0, 200), "not a complete .npz");
}

TEST_F(StoredArrays, OfSafetensorsFiles) {
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"layers.0.q":{"dtype":"F32","shape":[2,3],"data_offsets":[4,28]},)"
      R"("b":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}})";
  const std::string data = bytes_of(std::vector<std::uint16_t>{0x3f80, 0xc040}) + bytes_of(six);
  const auto good = file("x.safetensors", safetensors(header, data));
  const StoredArray array = open_safetensors("test", good, "layers.0.q");
  EXPECT_EQ(array.shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(read_floats("test", array, 0, 6).values, six);
  EXPECT_EQ(read_floats("test", open_safetensors("test", good, "b"), 0, 2).values,
            (std::vector<float>{1, -3}));
  const auto refused = [&](const std::string& bytes, const std::string& mention) {
    try {
      open_safetensors("test", file("x.safetensors", bytes), "q");
      ADD_FAILURE() << mention;
    } catch (const ArgumentError& error) {
      EXPECT_NE(std::string(error.what()).find(mention), std::string::npos) << error.what();
    }
  };
  refused(safetensors(header, data), "no such tensor; allowed: layers.0.q, b");
  refused(safetensors(R"({"q":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}})", data),
          "unsupported dtype I64");
  refused(safetensors(R"({"q":{"dtype":"F32","shape":[9],"data_offsets":[0,8]}})", data), "truncated");
  refused(safetensors(R"({"q":{"dtype":"F32","shape":[2],"data_offsets":[24,32]}})", data),
          "within the file");
  refused(safetensors(R"({"q":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", data), "within the file");
  refused(safetensors(R"({"q":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", data), "no shape");
  refused(safetensors(R"({"q":{"dtype":"F32","data_offsets":[0,8]}})", data), "no shape");
  refused(safetensors("{\"q\":", data), "not JSON");
  refused(safetensors(std::string(100000, '['), data), "too many levels");
  refused(little(1u << 30, 8) + header, "no header of its length");
  refused("short", "no header of its length");
}

/// Whether the input can be read, or is refused with an ArgumentError; anything else fails the test.
bool reads(const std::string& input) {
  try {
    const InputSource source = InputSource::parse(input);
    const std::optional<CapturedShape> shape = source.captured_shape();
    Problem problem;
    problem.shape = {shape->batch,    shape->heads,    shape->kv_heads,  shape->seqlen_q,
                     shape->seqlen_k, shape->head_dim, shape->head_dim_v};
    source.make(problem, 1);
    return true;
  } catch (const ArgumentError&) {
    return false;
  }
}

TEST_F(StoredArrays, FilesOfRandomBytesAreReadOrRefused) {
  const std::string array =
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3), }", bytes_of(six));
  const std::string tensors = safetensors(
      R"({"q":{"dtype":"F32","shape":[1,2,3],"data_offsets":[0,24]},"k":{"dtype":"F32","shape":[1,2,3],)"
      R"("data_offsets":[0,24]},"v":{"dtype":"F32","shape":[1,2,3],"data_offsets":[0,24]}})",
      bytes_of(six));
  const std::vector<std::pair<std::string, std::string>> entries{
      {"q.npy", array}, {"k.npy", array}, {"v.npy", array}};
  for (const char* name : {"x_q.npy", "x_k.npy", "x_v.npy"}) file(name, array);
  std::mt19937_64 bits(1);
  const auto below = [&](std::size_t count) { return static_cast<std::size_t>(bits() % count); };
  for (const auto& [name, input, good] :
       {std::tuple("x_k.npy", "npy:" + (directory_ / "x").string(), array),
        std::tuple("x.npz", (directory_ / "x.npz").string(), zip(entries)),
        std::tuple("x.npz", (directory_ / "x.npz").string(), zip(entries, true)),
        std::tuple("x.safetensors", (directory_ / "x.safetensors").string(), tensors)}) {
    file(name, good);
    ASSERT_TRUE(reads(input)) << input;
    int refused = 0;
    for (int trial = 0; trial < 2000; ++trial) {
      std::string bytes = good;
      for (std::size_t change = 1 + below(4); change > 0; --change) {
        const std::size_t at = below(bytes.size());
        const std::size_t kind = below(4);
        if (kind == 0) bytes[at] = static_cast<char>(bits());
        if (kind == 1) bytes.erase(at, 1 + below(8));
        if (kind == 2) bytes.insert(at, bytes.substr(below(bytes.size()), 1 + below(8)));
        if (kind == 3) bytes.replace(at, std::min<std::size_t>(8, bytes.size() - at), 8, '\xff');
        if (bytes.empty()) break;
      }
      file(name, bytes);
      refused += !reads(input);
    }
    EXPECT_GT(refused, 200) << input;
    EXPECT_LT(refused, 2000) << input;
  }
}

TEST_F(StoredArrays, NamesOfInputs) {
  for (const char* name :
       {"a/b.npz", "b.safetensors", "b.npz:(layers.0.q,layers.0.k,v)", "b.safetensors:(x,y,z)"})
    EXPECT_EQ(InputSource::parse(name).name(), name);
  EXPECT_EQ(InputSource::parse("b.npz:(q,k,v)").name(), "b.npz");
  for (const char* name : {"b.npz:", "b.npz:q", "b.npz:(q,k)", "b.npz:(q,k,)", "b.npz:(q,,v)",
                           "b.npz:(a,b,c,d)", "b.npz:a,b,c", ".npz", "b.zip"})
    EXPECT_THROW(InputSource::parse(name), ArgumentError) << name;
}

TEST_F(StoredArrays, ValuesTooLargeForTheStorageTypeAreCounted) {
  std::vector<float> values = six;
  values[3] = 70000;
  values[4] = INFINITY;
  const std::string good =
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3), }", bytes_of(six));
  const std::string large =
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3), }", bytes_of(values));
  const std::string wide = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2, 3), }",
                               bytes_of(std::vector<double>{1, 1e300, -1e39, 2, 3, 1e-300}));
  const std::string input = (directory_ / "x.npz").string();
  file("x.npz", zip({{"q.npy", good}, {"k.npy", large}, {"v.npy", wide}}));
  const Problem f16{{1, 1, 1, 2, 2, 3, 3}, DType::f16};
  const Problem f32{{1, 1, 1, 2, 2, 3, 3}, DType::f32};
  EXPECT_EQ(InputSource::parse(input).make(f16, 1).overflowed, 3);
  EXPECT_EQ(InputSource::parse(input).make(f16, 1).nonfinite(), 4);
  EXPECT_EQ(InputSource::parse(input).make(f32, 1).overflowed, 2);
  const Problem needle{{1, 1, 1, 4, 4, 8, 8}, DType::f16};
  EXPECT_EQ(InputSource::parse("needle(1e6)").make(needle, 1).overflowed, 1);
}

}  // namespace
}  // namespace attnlab
