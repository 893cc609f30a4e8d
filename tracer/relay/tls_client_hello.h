// The name that a TLS client asks for (RFC 8446 4.1.2, 6066 3). Pure; every byte is hostile.
#ifndef SAFE_TRACE_TRACER_RELAY_TLS_CLIENT_HELLO_H_
#define SAFE_TRACE_TRACER_RELAY_TLS_CLIENT_HELLO_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "tracer/relay/parse_progress.h"

namespace safe_trace {

// Octets of the stream, record headers counted. More without a whole hello is kInvalid.
inline constexpr size_t kMaximumClientHello = 64 * 1024;

struct TlsClientHello {
  // Lower case, no trailing dot. "" where there is none, more than one, an IP address, or bytes
  // that are no host name.
  std::string server_name;
  // An encrypted hello is offered (also where it is only GREASE): the name that was seen need not
  // be the one that counts.
  bool encrypted = false;
};

// Whether the bytes can still be the beginning of a TLS record that carries a handshake. True of no
// bytes at all.
bool LooksLikeTls(std::span<const uint8_t> bytes);

// `bytes` is the stream from its beginning; what follows the hello's last record is not looked at.
// The hello may be split over records, at most 64. kInvalid for anything that a strict server would
// not take. `out` is filled in with kComplete only.
ParseProgress ParseClientHello(std::span<const uint8_t> bytes, TlsClientHello& out);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_RELAY_TLS_CLIENT_HELLO_H_
