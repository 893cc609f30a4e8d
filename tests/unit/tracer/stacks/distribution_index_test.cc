#include "tracer/stacks/distribution_index.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/tracer/temporary_tree.h"

namespace safe_trace {
namespace {

class DistributionIndexTest : public testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path full = std::filesystem::path(site_) / path;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full) << text;
  }
  std::string NameOf(const std::string& file) {
    const std::optional<Distribution> found = index_.Find(site_ + "/" + file);
    return found.has_value() ? found->name + "=" + found->version : "";
  }

  TemporaryTree tree_;
  std::string site_ = tree_.root() + "/lib/python3.11/site-packages";
  DistributionIndex index_;
};

TEST_F(DistributionIndexTest, FilesBelongToWhoRecordedThem) {
  Write("requests-2.31.0.dist-info/RECORD",
        "requests/__init__.py,sha256=x,12\n\"odd,name/a\"\"b.py\",,\r\n");
  Write("urllib3-2.0.dist-info/RECORD", "urllib3/util.py,,\n");
  EXPECT_EQ(NameOf("requests/__init__.py"), "requests=2.31.0");
  EXPECT_EQ(NameOf("odd,name/a\"b.py"), "requests=2.31.0");
  EXPECT_EQ(NameOf("urllib3/util.py"), "urllib3=2.0");
  EXPECT_EQ(NameOf("urllib3/other.py"), "");
}

TEST_F(DistributionIndexTest, CompiledFilesBelongToTheirSource) {
  Write("a-1.dist-info/RECORD", "a/b.py,,\n");
  EXPECT_EQ(NameOf("a/__pycache__/b.cpython-311.pyc"), "a=1");
}

TEST_F(DistributionIndexTest, OlderInstallersListsCount) {
  Write("old-0.9-py3.11.egg-info/SOURCES.txt", "old/x.py\n");
  EXPECT_EQ(NameOf("old/x.py"), "old=0.9");
}

TEST_F(DistributionIndexTest, NamespaceIsSharedByFile) {
  Write("ns_a-1.dist-info/RECORD", "ns/a.py,,\n");
  Write("ns_b-2.dist-info/RECORD", "ns/b.py,,\n");
  EXPECT_EQ(NameOf("ns/a.py"), "ns_a=1");
  EXPECT_EQ(NameOf("ns/b.py"), "ns_b=2");
}

TEST_F(DistributionIndexTest, RecordThatIsAFifoOrADirectoryIsNotWaitedFor) {
  std::filesystem::create_directories(site_ + "/dir-1.dist-info/RECORD");
  std::filesystem::create_directories(site_ + "/fifo-1.dist-info");
  ASSERT_EQ(mkfifo((site_ + "/fifo-1.dist-info/RECORD").c_str(), 0600), 0);
  EXPECT_EQ(NameOf("x.py"), "");
}

TEST(PackagesDirectory, TheInnermostCounts) {
  EXPECT_EQ(DistributionIndex::PackagesDirectory("/v/site-packages/a/b.py"), "/v/site-packages");
  EXPECT_EQ(DistributionIndex::PackagesDirectory("/site-packages/x/dist-packages/y.py"),
            "/site-packages/x/dist-packages");
  EXPECT_EQ(DistributionIndex::PackagesDirectory("/home/u/app.py"), "");
}

}  // namespace
}  // namespace safe_trace
