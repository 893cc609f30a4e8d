#include "policy/behaviour_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace safe_trace {
namespace {

using ::testing::HasSubstr;

constexpr char kWhole[] = R"(
lock_version = 1
startup_files = ["distutils-precedence.pth"]

[[manager]]
ecosystem = "npm"
hosts = ["registry.npmjs.org"]

[[package]]
ecosystem = "npm"
name = "tiny"
versions = ["1.0.0", "1.0.1"]
hosts = ["cdn.example"]
listeners = ["127.0.0.1"]
programs = ["/usr/bin/node", "<project>/node_modules/tiny/bin/x"]
artifacts = ["<project>/node_modules/tiny/bin/x sha256:)"
                          "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
                          R"("]
reads = ["system"]
writes = []
variables = ["NPM_TOKEN"]
)";

Subject Tiny() {
  Subject subject;
  subject.role = Role::kPackage;
  subject.ecosystem = "npm";
  subject.package = "tiny";
  subject.version = "1.0.0";
  return subject;
}

BehaviourLock Parsed(const std::string& text) {
  absl::StatusOr<BehaviourLock> lock = BehaviourLock::Parse(text, "safe-trace.lock");
  EXPECT_TRUE(lock.ok()) << lock.status();
  lock->SetPlaces({"/w/p", "/home/u"});
  return *std::move(lock);
}

std::string ErrorOf(const std::string& text) {
  const absl::StatusOr<BehaviourLock> lock = BehaviourLock::Parse(text, "safe-trace.lock");
  return lock.ok() ? "" : std::string(lock.status().message());
}

TEST(BehaviourLockTest, EveryKeyIsRead) {
  const BehaviourLock lock = Parsed(kWhole);
  EXPECT_EQ(lock.subjects().size(), 2u);
  const LockedBehaviour* tiny = lock.Find(Tiny());
  ASSERT_NE(tiny, nullptr);
  EXPECT_EQ(tiny->versions, (std::set<std::string>{"1.0.0", "1.0.1"}));
  EXPECT_EQ(tiny->variables, std::set<std::string>{"NPM_TOKEN"});
  EXPECT_EQ(tiny->artifacts.size(), 1u);
  EXPECT_TRUE(lock.HasHost(Tiny(), "CDN.example."));
  EXPECT_FALSE(lock.HasHost(Tiny(), "registry.npmjs.org"));
  EXPECT_TRUE(lock.HasListener(Tiny(), "127.0.0.1"));
  EXPECT_FALSE(lock.HasListener(Tiny(), "0.0.0.0"));
  EXPECT_TRUE(lock.HasProgram(Tiny(), "/w/p/node_modules/tiny/bin/x"));
  EXPECT_FALSE(lock.HasProgram(Tiny(), "/usr/bin/curl"));
  EXPECT_TRUE(lock.HasPath(Tiny(), "/usr/lib/x", Access::kRead));
  EXPECT_FALSE(lock.HasPath(Tiny(), "/usr/lib/x", Access::kWrite));
  EXPECT_FALSE(lock.HasPath(Tiny(), "/home/u/.npmrc", Access::kRead));
  EXPECT_EQ(lock.startup_files().count("distutils-precedence.pth"), 1u);
  EXPECT_EQ(lock.digest().size(), 64u);
}

TEST(BehaviourLockTest, OfWhomTheLockHasNothingItHasNothing) {
  const BehaviourLock lock = Parsed(kWhole);
  Subject other = Tiny();
  other.ecosystem = "pip";
  EXPECT_EQ(lock.Find(other), nullptr);
  EXPECT_FALSE(lock.HasHost(other, "cdn.example"));
  EXPECT_FALSE(lock.HasProgram(other, "/usr/bin/node"));
  EXPECT_FALSE(lock.HasPath(other, "/usr/lib/x", Access::kRead));
  EXPECT_TRUE(lock.HoldsPaths(other));
  Subject manager = Tiny();
  manager.role = Role::kManager;
  EXPECT_FALSE(lock.HasHost(manager, "registry.npmjs.org")) << "for a package, not for tiny";
  manager.package.clear();
  EXPECT_TRUE(lock.HasHost(manager, "registry.npmjs.org"));
}

TEST(BehaviourLockTest, PathsAreNotHeldWhereTheyAreNotKnown) {
  const BehaviourLock lock =
      Parsed("lock_version = 1\n[[package]]\necosystem = \"npm\"\nname = \"tiny\"\n");
  EXPECT_TRUE(lock.HasPath(Tiny(), "/anywhere", Access::kRead));
  EXPECT_FALSE(lock.HoldsPaths(Tiny()));
  EXPECT_FALSE(lock.HasProgram(Tiny(), "/usr/bin/node")) << "programs always are";
}

TEST(BehaviourLockTest, AnythingButAWholeLockOfAKnownVersionIsAnError) {
  EXPECT_THAT(ErrorOf(""), HasSubstr("lock_version"));
  EXPECT_THAT(ErrorOf("[[package]]\nname = \"x\"\n"), HasSubstr("lock_version"));
  EXPECT_NE(ErrorOf("lock_version = 2\n"), "");
  EXPECT_NE(ErrorOf("lock_version = \"1\"\n"), "");
  EXPECT_THAT(ErrorOf("lock_version = 1\n[[pakage]]\nname = \"x\"\n"),
              HasSubstr("safe-trace.lock:2: unknown key 'pakage'"));
  EXPECT_THAT(ErrorOf("lock_version = 1\n[[package]]\nname = \"x\"\nhost = []\n"),
              HasSubstr("safe-trace.lock:4"));
  EXPECT_NE(ErrorOf("lock_version = 1\n[[package]]\nname = \"x\"\nhosts = \"*\"\n"), "");
  EXPECT_NE(ErrorOf("lock_version = 1\n[[package]]\nname = \"x\"\nhosts = [1]\n"), "");
  EXPECT_NE(ErrorOf("lock_version = 1\n[package]\nname = \"x\"\n"), "");
  EXPECT_NE(ErrorOf("lock_version = 1\n[[package]]\nname = \"x\"\n[[package]]\nname = \"x\"\n"),
            "");
  EXPECT_NE(ErrorOf("lock_version = 1\n[[package]]\nname = \"x\"\nartifacts = [\"/a\"]\n"), "");
  EXPECT_NE(ErrorOf("lock_version = 1\n[[package]]\nname = \"x\"\nartifacts = "
                    "[\"/a sha256:zz\"]\n"),
            "");
  EXPECT_NE(ErrorOf("lock_version = 1\n[[manager]]\nprograms = [\"/a\"]\n"), "");
  EXPECT_NE(ErrorOf("lock_version = 1\n\xff"), "");
  EXPECT_NE(ErrorOf("lock_version = 1\n#" + std::string(2 << 20, 'x')), "");
}

TEST(BehaviourLockTest, HostsAreNoPatterns) {
  const BehaviourLock lock = Parsed(
      "lock_version = 1\n[[package]]\necosystem = \"npm\"\nname = \"tiny\"\nhosts = [\"*\"]\n");
  EXPECT_FALSE(lock.HasHost(Tiny(), "evil.example"));
}

TEST(BehaviourLockTest, TextsShowWhatTheyHold) {
  EXPECT_EQ(LockText("a b\\c"), "a b\\\\c");
  EXPECT_EQ(LockText("\x1b[2J\n\xe2\x80\xae"), "\\x1b[2J\\x0a\\xe2\\x80\\xae");
}

TEST(BehaviourLockTest, PackageKnownByItsPlaceAloneIsTheSameEachTime) {
  Subject a = Tiny();
  a.package = "pip-req-build-h9997uma";
  Subject b = Tiny();
  b.package = "pip-req-build-zzzzzzzz";
  EXPECT_EQ(BehaviourKeyOf(a), BehaviourKeyOf(b));
}

std::string LockPage() {
  std::ifstream file(SAFE_TRACE_DOCS "/behaviour-lock.md");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(BehaviourLockTest, TheExampleInTheDocumentationIsALock) {
  const std::string page = LockPage();
  const std::string fence = "```toml\n";
  const size_t begin = page.find(fence);
  ASSERT_NE(begin, std::string::npos);
  const size_t end = page.find("```", begin + fence.size());
  const BehaviourLock lock =
      Parsed(page.substr(begin + fence.size(), end - begin - fence.size()));
  EXPECT_EQ(lock.subjects().size(), 2u);
}

// The parser says which keys it knows when it meets one that it does not.
TEST(BehaviourLockTest, EveryKeyIsDocumented) {
  const std::string page = LockPage();
  size_t keys = 0;
  for (const char* where : {"", "[[package]]\n", "[[manager]]\n"}) {
    const std::string message =
        ErrorOf(std::string("lock_version = 1\n") + where + "qqqqqqqqqqqq = 1\n");
    const size_t list = message.find("the keys there are: ");
    ASSERT_NE(list, std::string::npos) << message;
    std::istringstream words(message.substr(message.find(':', list) + 1));
    for (std::string word; words >> word; ++keys) {
      if (word.back() == ',') word.pop_back();
      EXPECT_TRUE(page.find("`" + word + "`") != std::string::npos ||
                  page.find("`[[" + word + "]]`") != std::string::npos)
          << word << " is not in docs/behaviour-lock.md";
    }
  }
  EXPECT_GE(keys, 19u);
}

}  // namespace
}  // namespace safe_trace
