// Declares the synchronisation of GCC's OpenMP runtime to the thread sanitizer, which does not see it: the
// threads of a region start after the code before it, and code after a barrier or a region runs after all
// threads have reached its end. Linked only under the thread sanitizer, in place of the runtime's entry
// points, which these functions call.
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
