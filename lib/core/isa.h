// Instruction-set levels of the row code, and which one is in use.
#pragma once

#include <string_view>
#include <vector>

namespace attnlab {

/// Each level includes the ones before it: x86-64, +AVX2+FMA+F16C, +AVX-512 F/BW/CD/DQ/VL, +AVX-512 BF16.
enum class IsaLevel { baseline, avx2, avx512, avx512_bf16 };

std::string_view to_string(IsaLevel level);

/// Throws ArgumentError (argument `ATTNLAB_ISA`) for an unknown name.
IsaLevel parse_isa_level(std::string_view name);

/// The levels this machine can run, lowest first.
std::vector<IsaLevel> supported_isa_levels();

/// The level of new plans: the highest supported level, unless another is forced.
IsaLevel isa_level();

/// Whether force_isa_level was called.
bool isa_level_is_forced();

/// Makes new plans use `level` and caps oneDNN at the same instruction set. Call it before the first plan,
/// since oneDNN fixes its cap at its first primitive. Throws ArgumentError if the machine lacks the level.
void force_isa_level(IsaLevel level);

}  // namespace attnlab
