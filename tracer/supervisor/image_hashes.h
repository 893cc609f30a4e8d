// The hashes of programs, each computed once as long as its file stays the same.
#ifndef SAFE_TRACE_TRACER_SUPERVISOR_IMAGE_HASHES_H_
#define SAFE_TRACE_TRACER_SUPERVISOR_IMAGE_HASHES_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <tuple>

namespace safe_trace {

// One thread's.
class ImageHashes {
 public:
  static constexpr size_t kMaximumEntries = 4096;

  // The sha256 of an open file's content in hexadecimal digits; empty when it cannot be read, is
  // too large, or `stopping` became true.
  std::string Sha256(int fd, const std::function<bool()>& stopping);

 private:
  // Device, inode, size, and when content and inode were last changed, in nanoseconds. Nobody
  // sets the last one at will.
  using Identity = std::tuple<dev_t, ino_t, off_t, int64_t, int64_t>;
  std::map<Identity, std::string> known_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_SUPERVISOR_IMAGE_HASHES_H_
