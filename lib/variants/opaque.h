// A value whose type only its own source file knows.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>

namespace attnlab {

/// Holds a `Value`, which users need not have defined: a changed member of a table is compiled again by those
/// who run it, and by nobody who passes it on. A copy allocates nothing. `bytes`: room for the largest
/// member.
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
