#include <stdio.h>

int EarlyAnswer(void);
const char* EarlyValue(void);

int main(void) {
  printf("%d %s\n", EarlyAnswer(), EarlyValue());
  return 0;
}
