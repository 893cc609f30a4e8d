// Any bytes as the beginning of a TLS connection: read without a crash, the same verdict however
// they are cut, and no name but a host name.
#include <cstdlib>
#include <vector>

#include "tracer/relay/host_name.h"
#include "tracer/relay/tls_client_hello.h"

namespace safe_trace {
namespace {

struct Verdict {
  ParseProgress progress = ParseProgress::kNeedMore;
  TlsClientHello hello;
};

Verdict Read(const std::vector<uint8_t>& bytes) {
  Verdict verdict;
  verdict.progress = ParseClientHello(bytes, verdict.hello);
  const std::string& name = verdict.hello.server_name;
  if (!name.empty() && CanonicalHostName(name) != name) abort();
  if (!LooksLikeTls(bytes) && verdict.progress != ParseProgress::kInvalid) abort();
  return verdict;
}

}  // namespace
}  // namespace safe_trace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace safe_trace;
  if (size == 0) return 0;
  // Copies, so that a sanitizer sees a read beyond the end.
  const std::vector<uint8_t> whole(data + 1, data + size);
  const std::vector<uint8_t> beginning(
      whole.begin(), whole.begin() + static_cast<ptrdiff_t>(whole.size() * data[0] / 256));
  const Verdict first = Read(beginning);
  const Verdict last = Read(whole);
  // What was said of a beginning still holds when more has come.
  if (first.progress == ParseProgress::kNeedMore) return 0;
  if (first.progress != last.progress || first.hello.server_name != last.hello.server_name ||
      first.hello.encrypted != last.hello.encrypted) {
    abort();
  }
  return 0;
}
