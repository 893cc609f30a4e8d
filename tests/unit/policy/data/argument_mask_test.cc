// What of a command line reaches traces and terminals.
#include "policy/argument_mask.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "policy/env_pattern.h"

namespace safe_trace {
namespace {

using Words = std::vector<std::string>;

Words Masked(const Words& words) {
  return MaskSecrets(words, [](std::string_view name) {
    return MatchesVariable("*_TOKEN", name) || MatchesVariable("*_PASSWORD", name) ||
           MatchesVariable("*_API_KEY_*", name);
  });
}

TEST(ArgumentMaskTest, SecretsAreMasked) {
  const std::string token = "ghp_" + std::string(36, 'a');
  const struct {
    Words given, masked;
  } kCases[] = {
      {{"pip", "--index-url", "https://user:pw@h.example/simple"},
       {"pip", "--index-url", "https://***@h.example/simple"}},
      {{"git", "clone", "https://" + token + "@h/x", "git+https://a:b@h"},
       {"git", "clone", "https://***@h/x", "git+https://***@h"}},
      {{"env", "NPM_TOKEN=abc", "A=b"}, {"env", "NPM_TOKEN=***", "A=b"}},
      {{"x", "--api-key", "abc", "--password=abc", "-q"},
       {"x", "--api-key", "***", "--password=***", "-q"}},
      {{"curl", "-H", "Authorization: Bearer abc"}, {"curl", "-H", "Authorization: *** ***"}},
      {{"curl", "-u", "me:abc", "http://h/?token=abc&b=c"},
       {"curl", "-u", "me:***", "http://h/?token=***&b=c"}},
      {{"sh", "-c", "X_TOKEN=abc curl -H \"Cookie: a=b; c\" -d 'd' " + token},
       {"sh", "-c", "X_TOKEN=*** curl -H \"Cookie: ***=***; ***\" -d 'd' ***"}},
      {{"echo", token + "," + token}, {"echo", "***,***"}},
  };
  for (const auto& test : kCases) EXPECT_EQ(Masked(test.given), test.masked);
}

TEST(ArgumentMaskTest, OtherWordsStay) {
  const Words words = {"python",
                       "-m",
                       "pip",
                       "install",
                       "a==1.0",
                       "--token-file",
                       "-r",
                       "x y",
                       "",
                       "=",
                       "http://h:80/a",
                       "git@github.com:a/b.git",
                       "a:b",
                       "--token",
                       "--quiet",
                       "ssh://git@h/r",
                       "Note: it",
                       "\xff\n",
                       "A=",
                       "user@host"};
  EXPECT_EQ(Masked(words), words);
}

}  // namespace
}  // namespace safe_trace
