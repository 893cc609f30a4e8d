// Prints each file named; reads files and nothing else: reader PATH...
#include "attack.h"

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) DumpFd(argv[i], open(argv[i], O_RDONLY));
  Done();
  return 0;
}
