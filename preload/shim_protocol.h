/* What the preloaded shim and the supervisor say to each other. Plain structs, versioned; the only
 * file of preload/ that others include.
 *
 * The channel: the shim calls openat(ST_SHIM_DIRFD, &record, ST_SHIM_FLAGS, 0). The filter notifies
 * the supervisor, which copies the record (bounded, hostile) and answers with an errno or 0.
 * Without a supervisor the call fails with EBADF or ENOENT and has no effect. No descriptor is
 * held, so nothing can be closed, forged for another thread, or leaked. */
#ifndef SAFE_TRACE_PRELOAD_SHIM_PROTOCOL_H_
#define SAFE_TRACE_PRELOAD_SHIM_PROTOCOL_H_

#include <stdint.h>

#define ST_SHIM_VERSION 1u
/* A directory descriptor that no process can have. */
#define ST_SHIM_DIRFD (-0x5afe01)
/* O_RDONLY | O_CLOEXEC, the kernel's value on x86-64; the descriptor marks the call, not this. */
#define ST_SHIM_FLAGS 02000000
/* The same for the supervisor's own injected openat (exec surgery). */
#define ST_SURGERY_DIRFD (-0x5afe02)
#define ST_SHIM_TEXT_SIZE 256u

/* Colon-separated names of the variables that were removed from this image's environment. */
#define ST_REMOVED_VARIABLES "SAFE_TRACE_REMOVED_VARIABLES"

/* Present with the value "1" in images whose Python frames are wanted. */
#define ST_WANT_PYTHON_FRAMES "SAFE_TRACE_PYTHON_FRAMES"

/* Present in the images of a guarded program: the directories of its own code, separated by colons.
 * What else is imported is a package. */
#define ST_OWN_CODE "SAFE_TRACE_OWN_CODE"

/* The beginning of the name that the hook in a node process "opens" to tell its frames. */
#define ST_NODE_FRAMES_CHANNEL "/proc/self/safe-trace-frames\n"

enum st_shim_event {
  ST_EVENT_VARIABLE_LOOKUP = 1, /* text: the name of a removed variable that was asked for */
  ST_EVENT_NAME_LOOKUP = 2,     /* text: the host name given to getaddrinfo and its kin */
  ST_EVENT_CONTEXT_TABLE = 3,   /* caller: the address of this process's st_context_table */
};

struct st_shim_record {
  /* The path that the kernel would see if nobody supervises: an absolute path that does not exist
   * is not needed, as the directory descriptor is invalid; the first byte keeps it relative. */
  char marker[8];   /* "safetrc" and a NUL */
  uint32_t version; /* ST_SHIM_VERSION */
  uint32_t event;   /* enum st_shim_event */
  uint64_t caller;  /* return address in the code that asked */
  uint32_t length;  /* bytes used in text, at most ST_SHIM_TEXT_SIZE */
  uint32_t reserved;
  char text[ST_SHIM_TEXT_SIZE];
};

/* What a thread of an interpreter is doing, written by the shim's audit hook before the call that
 * the event stands for, read by the supervisor out of the process's memory. Hostile as all memory.
 * A thread's place in the table is its thread id modulo ST_CONTEXT_SLOTS; who comes later
 * overwrites. */
#define ST_CONTEXT_SLOTS 256u
#define ST_CONTEXT_FRAMES 32u
#define ST_CONTEXT_EVENT_SIZE 40u
#define ST_CONTEXT_ARGUMENT_SIZE 256u

enum st_context_flag {
  ST_CONTEXT_CUT = 1u, /* there are more frames than fit */
};

struct st_context_frame {
  uint32_t line;
  uint16_t file_length;     /* bytes in file; a longer name keeps its end */
  uint16_t function_length; /* bytes in function */
  char function[48];
  char file[200];
};

struct st_context {
  uint32_t sequence;   /* odd while it is written */
  uint32_t thread;     /* the kernel's thread id; 0: nothing was written yet */
  uint64_t generation; /* counts the events of the process */
  uint32_t frame_count;
  uint32_t flags;
  uint32_t argument_length;
  uint32_t reserved;
  char event[ST_CONTEXT_EVENT_SIZE];       /* of sys.audit: "open", with its NUL */
  char argument[ST_CONTEXT_ARGUMENT_SIZE]; /* the event's first argument where it is text */
  struct st_context_frame frames[ST_CONTEXT_FRAMES]; /* the innermost first */
};

/* Whether a thread imports a package. A thread's entry is the first free one, or its own, of
 * ST_THREAD_PROBES from its id modulo ST_THREAD_STATES; where all are others' the last is taken. */
#define ST_THREAD_STATES 4096u
#define ST_THREAD_PROBES 8u

struct st_thread_state {
  uint32_t thread;    /* the kernel's thread id; 0: free */
  uint32_t importing; /* 1: code of a package is imported */
};

struct st_context_table {
  struct st_thread_state states[ST_THREAD_STATES + ST_THREAD_PROBES];
  struct st_context contexts[ST_CONTEXT_SLOTS];
};

#ifdef __cplusplus
static_assert(sizeof(struct st_shim_record) == 288, "the protocol's size is fixed");
static_assert(sizeof(struct st_context_frame) == 256, "the protocol's size is fixed");
static_assert(sizeof(struct st_context) == 8520, "the protocol's size is fixed");
#else
_Static_assert(sizeof(struct st_shim_record) == 288, "the protocol's size is fixed");
#endif

#endif /* SAFE_TRACE_PRELOAD_SHIM_PROTOCOL_H_ */
