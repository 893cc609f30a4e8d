// Wraps getenv and secure_getenv.
#ifndef SAFE_TRACE_PRELOAD_ENV_HOOKS_H_
#define SAFE_TRACE_PRELOAD_ENV_HOOKS_H_

namespace safe_trace {

// Finds the real functions. Until then the wrappers search the environment themselves.
void ResolveEnvironmentFunctions();

}  // namespace safe_trace

#endif  // SAFE_TRACE_PRELOAD_ENV_HOOKS_H_
