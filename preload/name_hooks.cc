// Wraps getaddrinfo and its kin. Runs inside somebody else's process: the rules are at the head of
// shim_init.cc. The real call runs outside the recursion guard: it is a cancellation point, and a
// name service module may well look up another name.
#include <errno.h>
#include <netdb.h>

#include "preload/event_channel.h"
#include "preload/per_process.h"
#include "preload/real_function.h"
#include "preload/shim_init.h"
#include "preload/shim_protocol.h"

namespace safe_trace {
namespace {

void NoteLookup(const char* host, const void* caller) {
  if (host == nullptr || !IsRelocated()) return;
  EnsureStarted();
  if (TakeNameLookupReport()) ReportEvent(ST_EVENT_NAME_LOOKUP, host, caller);
}

hostent* FailLookup() {
  h_errno = NO_RECOVERY;
  return nullptr;
}

int FailLookup(hostent** result, int* error) {
  *result = nullptr;
  *error = NO_RECOVERY;
  return ENOSYS;
}

decltype(getaddrinfo)* real_getaddrinfo;
decltype(gethostbyname)* real_gethostbyname;
decltype(gethostbyname2)* real_gethostbyname2;
decltype(gethostbyname_r)* real_gethostbyname_r;
decltype(gethostbyname2_r)* real_gethostbyname2_r;
decltype(getaddrinfo_a)* real_getaddrinfo_a;

}  // namespace
}  // namespace safe_trace

using namespace safe_trace;

ST_EXPORT int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                          addrinfo** result) {
  NoteLookup(node, __builtin_return_address(0));
  auto* real = Real(&real_getaddrinfo, "getaddrinfo");
  return real != nullptr ? real(node, service, hints, result) : EAI_FAIL;
}

ST_EXPORT hostent* gethostbyname(const char* name) {
  NoteLookup(name, __builtin_return_address(0));
  auto* real = Real(&real_gethostbyname, "gethostbyname");
  return real != nullptr ? real(name) : FailLookup();
}

ST_EXPORT hostent* gethostbyname2(const char* name, int family) {
  NoteLookup(name, __builtin_return_address(0));
  auto* real = Real(&real_gethostbyname2, "gethostbyname2");
  return real != nullptr ? real(name, family) : FailLookup();
}

ST_EXPORT int gethostbyname_r(const char* name, hostent* entry, char* buffer, size_t size,
                              hostent** result, int* error) {
  NoteLookup(name, __builtin_return_address(0));
  auto* real = Real(&real_gethostbyname_r, "gethostbyname_r");
  if (real == nullptr) return FailLookup(result, error);
  return real(name, entry, buffer, size, result, error);
}

ST_EXPORT int gethostbyname2_r(const char* name, int family, hostent* entry, char* buffer,
                               size_t size, hostent** result, int* error) {
  NoteLookup(name, __builtin_return_address(0));
  auto* real = Real(&real_gethostbyname2_r, "gethostbyname2_r");
  if (real == nullptr) return FailLookup(result, error);
  return real(name, family, entry, buffer, size, result, error);
}

ST_EXPORT int getaddrinfo_a(int mode, gaicb* list[], int count, sigevent* event) {
  const void* caller = __builtin_return_address(0);
  for (int i = 0; i < count && i < static_cast<int>(kMaxNameLookups); ++i) {
    if (list[i] != nullptr) NoteLookup(list[i]->ar_name, caller);
  }
  auto* real = Real(&real_getaddrinfo_a, "getaddrinfo_a");
  return real != nullptr ? real(mode, list, count, event) : EAI_FAIL;
}
