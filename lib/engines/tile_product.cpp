#include "attnlab/engines/tile_product.h"

#include <array>

#include "attnlab/engines/onednn_compatibility.h"
#include "attnlab/engines/onednn_cpu.h"

namespace attnlab {

namespace {

dnnl::memory::data_type type_of(DType dtype) {
  return dtype == DType::f32 ? dnnl::memory::data_type::f32 : dnnl::memory::data_type::bf16;
}

}  // namespace

TileProduct::TileProduct(DType dtype, std::int64_t m, std::int64_t n, std::int64_t k, std::int64_t lda,
                         std::int64_t ldc, PackFrom from, bool accumulate, float factor,
                         const TileProduct* packing)
    : left_({m, k}, type_of(dtype), dnnl::memory::dims{lda, 1}),
      unpacked_({k, n}, type_of(dtype),
                from == PackFrom::rows ? dnnl::memory::dims{n, 1} : dnnl::memory::dims{1, k}),
      result_({m, n}, dnnl::memory::data_type::f32, dnnl::memory::dims{ldc, 1}) {
  const dnnl::memory::desc any({k, n}, type_of(dtype), dnnl::memory::format_tag::any);
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  dnnl::post_ops operations;
  if (factor != 1) append_factor(operations, factor);
  if (accumulate) operations.append_sum(1.0F);
  attributes.set_post_ops(operations);
  const auto description =
      matmul_description(onednn_cpu(), left_, packing ? packing->packed_ : any, result_, attributes);
  packed_ = description.weights_desc();
  scratch_ = description.scratchpad_desc();
  matmul_ = dnnl::matmul(description);
  reorder_ = dnnl::reorder(dnnl::reorder::primitive_desc(onednn_cpu(), unpacked_, onednn_cpu(), packed_));
}

std::int64_t TileProduct::packed_bytes() const { return static_cast<std::int64_t>(packed_.get_size()); }
std::int64_t TileProduct::scratch_bytes() const { return static_cast<std::int64_t>(scratch_.get_size()); }

dnnl::memory TileProduct::left(void* data) const { return {left_, onednn_cpu(), data}; }
dnnl::memory TileProduct::unpacked(void* data) const { return {unpacked_, onednn_cpu(), data}; }
dnnl::memory TileProduct::packed(void* data) const { return {packed_, onednn_cpu(), data}; }
dnnl::memory TileProduct::result(void* data) const { return {result_, onednn_cpu(), data}; }
dnnl::memory TileProduct::scratch(void* data) const { return {scratch_, onednn_cpu(), data}; }

namespace {

/// Uses the C interface, since the C++ interface builds a map in every call.
template <std::size_t count>
void execute(const dnnl::primitive& primitive, const dnnl::stream& stream,
             const std::array<dnnl_exec_arg_t, count>& arguments) {
  dnnl::error::wrap_c_api(
      dnnl_primitive_execute(primitive.get(), stream.get(), static_cast<int>(count), arguments.data()),
      "oneDNN could not run a matrix product");
}

}  // namespace

void TileProduct::pack(const dnnl::stream& stream, const dnnl::memory& unpacked,
                       const dnnl::memory& packed) const {
  execute<2>(reorder_, stream, {{{DNNL_ARG_FROM, unpacked.get()}, {DNNL_ARG_TO, packed.get()}}});
}

void TileProduct::multiply(const dnnl::stream& stream, const dnnl::memory& left, const dnnl::memory& packed,
                           const dnnl::memory& result, const dnnl::memory& scratch) const {
  execute<4>(matmul_, stream,
             {{{DNNL_ARG_SRC, left.get()},
               {DNNL_ARG_WEIGHTS, packed.get()},
               {DNNL_ARG_DST, result.get()},
               {DNNL_ARG_SCRATCHPAD, scratch.get()}}});
}

}  // namespace attnlab
