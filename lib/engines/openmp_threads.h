// The number of OpenMP threads that oneDNN plans for.
#pragma once

namespace attnlab {

/// Sets the number of OpenMP threads that oneDNN plans for, and restores it on destruction.
class OpenMpThreads {
 public:
  explicit OpenMpThreads(int threads);
  ~OpenMpThreads();
  OpenMpThreads(const OpenMpThreads&) = delete;
  OpenMpThreads& operator=(const OpenMpThreads&) = delete;

 private:
  int before_;
};

}  // namespace attnlab
