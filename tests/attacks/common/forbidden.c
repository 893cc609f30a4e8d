// A program that must not run: says so, or tells its identity. Its status is 42.
#include "attack.h"

int main(void) {
  Say("FORBIDDEN-RAN uid %u euid %u", (unsigned)getuid(), (unsigned)geteuid());
  return 42;
}
