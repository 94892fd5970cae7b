// Tensors of .safetensors files: a length, a JSON header and the data (github.com/huggingface/safetensors).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "attnlab/inputs/stored_array.h"

namespace attnlab {

/// The tensor `name` of a .safetensors file. Throws ArgumentError, with argument `argument`, if the file is
/// no such file, has no such tensor, or has it in another element type than F16, BF16, F32 or F64.
StoredArray open_safetensors(std::string_view argument, const std::filesystem::path& file,
                             const std::string& name);

}  // namespace attnlab
