// A value whose type is defined in one source file only.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>

namespace attnlab {

/// Holds a `Value` whose definition users do not need. So a change to a member of a table recompiles only the
/// files that use its definition. Copying allocates nothing. `bytes`: size of the largest member.
template <class Value, std::size_t bytes = 64>
class Opaque {
 public:
  explicit Opaque(const Value& value) {
    static_assert(sizeof(Value) <= sizeof(storage_) && alignof(Value) <= alignof(std::max_align_t));
    static_assert(std::is_trivially_copyable_v<Value>);
    new (storage_) Value(value);
  }
  const Value& get() const { return *std::launder(reinterpret_cast<const Value*>(storage_)); }

 private:
  alignas(std::max_align_t) std::byte storage_[bytes];
};

}  // namespace attnlab
