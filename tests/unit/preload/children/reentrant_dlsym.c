/* A dlsym that calls wrapped functions before it answers, as one with an allocator of its own
 * behind it may. Loaded behind the shim, so that RTLD_NEXT means the same for both. */
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

void* dlsym(void* handle, const char* symbol) {
  struct addrinfo hints;
  memset(&hints, 0, sizeof(hints));
  hints.ai_flags = AI_NUMERICHOST;
  struct addrinfo* found = NULL;
  getenv("FAKE_TOKEN");
  if (getaddrinfo("127.0.0.8", "80", &hints, &found) == 0) freeaddrinfo(found);
  void* (*real)(void*, const char*) = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
  return real(handle, symbol);
}
