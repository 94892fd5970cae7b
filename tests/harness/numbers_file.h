// .npy files of any element type, whose header need not fit the data.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace attnlab {

/// Writes a .npy file of `type` with the shape and the bytes of `values`, and returns its name.
template <class Number>
std::string write_numbers(const std::filesystem::path& file, const std::string& type,
                          const std::string& shape, const std::vector<Number>& values) {
  std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  header.resize(117, ' ');
  std::ofstream stream(file, std::ios::binary);
  stream << std::string("\x93NUMPY\x01\x00", 8) << static_cast<char>(118) << '\0' << header << '\n';
  stream.write(reinterpret_cast<const char*>(values.data()),
               static_cast<std::streamsize>(values.size() * sizeof(Number)));
  return file.string();
}

}  // namespace attnlab
