// The differences between oneDNN 2 (Debian 12) and 3 (Debian 13 and newer): the description of primitives.
#pragma once

#include <cstdint>
#include <dnnl.hpp>

namespace attnlab {

inline dnnl::matmul::primitive_desc matmul_description(const dnnl::engine& cpu,
                                                       const dnnl::memory::desc& source,
                                                       const dnnl::memory::desc& weights,
                                                       const dnnl::memory::desc& result,
                                                       const dnnl::primitive_attr& attributes) {
#if DNNL_VERSION_MAJOR >= 3
  return {cpu, source, weights, result, attributes};
#else
  return {dnnl::matmul::desc(source, weights, result), attributes, cpu};
#endif
}

/// Multiplies the result by `factor`.
inline void append_factor(dnnl::post_ops& operations, float factor) {
#if DNNL_VERSION_MAJOR >= 3
  operations.append_eltwise(dnnl::algorithm::eltwise_linear, factor, 0.0F);
#else
  operations.append_eltwise(1.0F, dnnl::algorithm::eltwise_linear, factor, 0.0F);
#endif
}

/// Softmax over the last of `rank` dimensions; input and output have the same description.
inline dnnl::softmax_forward::primitive_desc softmax_description(const dnnl::engine& cpu,
                                                                 const dnnl::memory::desc& data, int axis,
                                                                 const dnnl::primitive_attr& attributes) {
#if DNNL_VERSION_MAJOR >= 3
  return {cpu,       dnnl::prop_kind::forward_inference, dnnl::algorithm::softmax_accurate, data, data, axis,
          attributes};
#else
  return {dnnl::softmax_forward::desc(dnnl::prop_kind::forward_inference, data, axis), attributes, cpu};
#endif
}

}  // namespace attnlab
