// The shim in programs that people really run. Their output must not change, and what they ask for
// must be seen. A program that is not installed is skipped; the compiler always is there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tiny_supervisor.h"

namespace safe_trace {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "shim-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class ShimInProgram : public ::testing::Test {
 protected:
  ShimInProgram() {
    options_.environment = {
        "PATH=/usr/bin:/bin",          "HOME=" + directory_.path(),
        "TMPDIR=" + directory_.path(), "LC_ALL=C",
        "FAKE_PRESENT=here",           std::string(ST_REMOVED_VARIABLES) + "=FAKE_TOKEN"};
  }

  // Runs supervised with the shim, and compares with a run without either.
  RunResult RunBoth(const std::vector<std::string>& command) {
    RunOptions bare = options_;
    bare.preload = false;
    bare.supervised = false;
    const RunResult expected = RunProgram(command, bare);
    RunResult result = RunProgram(command, options_);
    EXPECT_EQ(expected.error, "");
    EXPECT_EQ(result.error, "");
    EXPECT_EQ(result.output, expected.output);
    EXPECT_EQ(result.wait_status, expected.wait_status);
    EXPECT_EQ(result.wait_status, 0) << result.output;
    RunOptions unsupervised = options_;
    unsupervised.supervised = false;
    EXPECT_EQ(RunProgram(command, unsupervised).output, expected.output);
    return result;
  }

  TemporaryDirectory directory_;
  RunOptions options_;
};

#define SKIP_IF_MISSING(path) \
  if (access(path, X_OK) != 0) GTEST_SKIP() << path " is not installed"

TEST_F(ShimInProgram, BashAndItsChildrenRunAsBefore) {
  SKIP_IF_MISSING("/bin/bash");
  const RunResult result = RunBoth(
      {"/bin/bash", "-c", "echo $FAKE_PRESENT; for i in 1 2 3; do /bin/echo $i | cat; done"});
  EXPECT_EQ(result.output, "here\n1\n2\n3\n");
}

TEST_F(ShimInProgram, LookupThroughPythonsCtypesIsSeen) {
  SKIP_IF_MISSING("/usr/bin/python3");
  const RunResult result = RunBoth(
      {"/usr/bin/python3", "-S", "-c",
       "import ctypes, os, socket, threading\n"
       "ctypes.CDLL(None).getenv(b'FAKE_TOKEN')\n"
       "t = threading.Thread(target=socket.getaddrinfo, args=('127.0.0.9', 80)); t.start()\n"
       "t.join(); print(os.environ['FAKE_PRESENT'])"});
  EXPECT_EQ(result.output, "here\n");
  EXPECT_THAT(result.texts(), Contains("FAKE_TOKEN"));
  EXPECT_THAT(result.texts(), Contains("127.0.0.9"));
}

TEST_F(ShimInProgram, LookupThroughNodesProcessEnvIsSeen) {
  SKIP_IF_MISSING("/usr/bin/node");
  const RunResult result = RunBoth({"/usr/bin/node", "-e",
                                    "console.log(process.env.FAKE_TOKEN, process.env.FAKE_PRESENT);"
                                    "require('dns').lookup('127.0.0.1', () => {});"});
  EXPECT_EQ(result.output, "undefined here\n");
  EXPECT_THAT(result.texts(), Contains("FAKE_TOKEN"));
}

TEST_F(ShimInProgram, CompilerCompiles) {
  const std::string source = directory_.path() + "/program.c";
  std::ofstream(source) << "int main(void) { return 0; }\n";
  const std::string program = directory_.path() + "/program";
  RunBoth({SHIM_CC, "-o", program, source});
  const RunResult result = RunBoth({program});
  EXPECT_EQ(result.output, "");
}

TEST_F(ShimInProgram, GitMakesACommit) {
  SKIP_IF_MISSING("/usr/bin/git");
  const std::string script =
      "cd \"$HOME\" && rm -rf r && git init -q r && cd r && echo x > f && git add f && "
      "git -c user.name=n -c user.email=e@example.invalid commit -q -m m && git log --format=%s";
  EXPECT_EQ(RunBoth({"/bin/sh", "-c", script}).output, "m\n");
}

TEST_F(ShimInProgram, StaticProgramIsUntouched) {
  const std::string source = directory_.path() + "/static.c";
  std::ofstream(source) << "#include <stdlib.h>\n#include <stdio.h>\n"
                           "int main(void) { puts(getenv(\"FAKE_TOKEN\") ? \"set\" : \"no\"); }\n";
  const std::string program = directory_.path() + "/static";
  RunOptions bare;
  bare.environment = options_.environment;
  bare.preload = false;
  bare.supervised = false;
  const RunResult compiled = RunProgram({SHIM_CC, "-static", "-o", program, source}, bare);
  if (compiled.wait_status != 0) GTEST_SKIP() << "no static libc: " << compiled.output;
  const RunResult result = RunBoth({program});
  EXPECT_EQ(result.output, "no\n");
  EXPECT_THAT(result.records, ::testing::IsEmpty());
}

}  // namespace
}  // namespace safe_trace
