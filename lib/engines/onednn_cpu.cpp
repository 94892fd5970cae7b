#include "attnlab/engines/onednn_cpu.h"

#include "attnlab/engines/onednn_info.h"

namespace attnlab {

const dnnl::engine& onednn_cpu() {
  cap_onednn();
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

}  // namespace attnlab
