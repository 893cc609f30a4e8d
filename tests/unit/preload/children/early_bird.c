/* Asks for variables from a constructor that runs before the shim's, and from an IFUNC resolver
 * that runs before the shim is relocated. */
#include <stdlib.h>

static const char* from_constructor = "never ran";

__attribute__((constructor)) static void AskEarly(void) {
  getenv("FAKE_EARLY_TOKEN");
  const char* value = getenv("FAKE_PRESENT");
  from_constructor = value != NULL ? value : "unset";
}

static int Answer(void) { return 42; }

static int (*ResolveAnswer(void))(void) {
  /* The result is of no use this early; that nothing crashes is what counts. */
  getenv("FAKE_IFUNC_TOKEN");
  return Answer;
}

static int IndirectAnswer(void) __attribute__((ifunc("ResolveAnswer")));

/* Data that holds the function's address makes ld.so run the resolver while it relocates this
 * library, which comes before the shim's turn: it relocates from the last library to the first. */
int (*volatile early_answer)(void) = IndirectAnswer;

int EarlyAnswer(void) { return early_answer(); }

const char* EarlyValue(void) { return from_constructor; }
