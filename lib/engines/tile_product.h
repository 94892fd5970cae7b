// One matrix product of fixed shape by oneDNN, C = A B or C += A B in float32, times a factor, with B packed
// beforehand. Engines run it inside an OpenMP task, with one thread.
#pragma once

#include <cstdint>
#include <dnnl.hpp>

#include "attnlab/core/dtype.h"

namespace attnlab {

/// Layout of B before packing: rows of B, as for V, or rows of its transpose, as for K.
enum class PackFrom { rows, columns };

class TileProduct {
 public:
  /// A: m x k, rows `lda` elements apart; B: k x n; both of `dtype`. C: m x n float32, rows `ldc` floats
  /// apart. C = factor A B, or C += factor A B if `accumulate` is set. `packing`: a product of the same B
  /// whose packed form this product must accept.
  TileProduct(DType dtype, std::int64_t m, std::int64_t n, std::int64_t k, std::int64_t lda, std::int64_t ldc,
              PackFrom from, bool accumulate, float factor = 1, const TileProduct* packing = nullptr);

  std::int64_t packed_bytes() const;
  std::int64_t scratch_bytes() const;

  /// Handles on memory that outlives them. Make them once, since making one allocates.
  dnnl::memory left(void* data) const;
  dnnl::memory unpacked(void* data) const;  ///< B before packing, contiguous
  dnnl::memory packed(void* data) const;
  dnnl::memory result(void* data) const;
  dnnl::memory scratch(void* data) const;

  void pack(const dnnl::stream& stream, const dnnl::memory& unpacked, const dnnl::memory& packed) const;
  void multiply(const dnnl::stream& stream, const dnnl::memory& left, const dnnl::memory& packed,
                const dnnl::memory& result, const dnnl::memory& scratch) const;

 private:
  dnnl::memory::desc left_;
  dnnl::memory::desc unpacked_;
  dnnl::memory::desc packed_;
  dnnl::memory::desc result_;
  dnnl::memory::desc scratch_;
  dnnl::matmul matmul_;
  dnnl::reorder reorder_;
};

}  // namespace attnlab
