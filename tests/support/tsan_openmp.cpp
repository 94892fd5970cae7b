// What GCC's OpenMP runtime orders, told to the thread sanitizer, which cannot see into it: threads begin
// after what was before the region, and what is behind a barrier or the region comes after all of them.
// Linked under the thread sanitizer alone, in place of the runtime's entry points, which it calls.
#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

namespace {

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

struct Region {
  void (*body)(void*);
  void* data;
};

void run_body(void* given) {
  auto* region = static_cast<Region*>(given);
  __tsan_acquire(region);
  region->body(region->data);
  __tsan_release(region);
}

char barrier;

}  // namespace

extern "C" {

void GOMP_parallel(void (*body)(void*), void* data, unsigned threads, unsigned flags) {
  static auto* const runtime = next<void(void (*)(void*), void*, unsigned, unsigned)>("GOMP_parallel");
  Region region{body, data};
  __tsan_release(&region);
  runtime(run_body, &region, threads, flags);
  __tsan_acquire(&region);
}

void GOMP_barrier() {
  static auto* const runtime = next<void()>("GOMP_barrier");
  __tsan_release(&barrier);
  runtime();
  __tsan_acquire(&barrier);
}

void GOMP_loop_end() {
  static auto* const runtime = next<void()>("GOMP_loop_end");
  __tsan_release(&barrier);
  runtime();
  __tsan_acquire(&barrier);
}
}
