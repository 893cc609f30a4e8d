#include "policy/downloader_table.h"

#include <gtest/gtest.h>

#include "policy/network_pattern.h"

namespace safe_trace {
namespace {

TEST(DownloaderTableTest, EveryShippedHostIsAHostThatAGrantTakes) {
  ASSERT_FALSE(ShippedDownloaders().empty());
  for (const Downloader& entry : ShippedDownloaders()) {
    for (const std::string& host : entry.hosts) {
      EXPECT_TRUE(ParseHostPort(host, "test").ok()) << entry.package << " " << host;
    }
  }
}

TEST(DownloaderTableTest, YarnAndPnpmInstallNpmsPackages) {
  for (const char* ecosystem : {"npm", "yarn", "pnpm"}) {
    ASSERT_NE(FindDownloader(ecosystem, "puppeteer"), nullptr);
  }
  EXPECT_EQ(FindDownloader("pip", "puppeteer"), nullptr);
  EXPECT_EQ(FindDownloader("npm", "puppeteer-core"), nullptr);
}

TEST(DownloaderTableTest, ErrorsNameTheLine) {
  const auto table = ParseDownloaders("[[downloader]]\npackage = \"x\"\n", "t.toml");
  ASSERT_FALSE(table.ok());
  EXPECT_NE(table.status().ToString().find("t.toml:1"), std::string::npos);
}

}  // namespace
}  // namespace safe_trace
