#include "launcher/registry_trust.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "../hostfacts/temporary_host.h"
#include "launcher/trusted_files.h"
#include "tracer/events/hash_chain.h"

namespace safe_trace {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class RegistryTrustTest : public ::testing::Test {
 protected:
  RegistryTrustTest() {
    Profile profile;
    RegistrySource ini;
    ini.files = {"{ancestors}/.npmrc", "{env:NPM_CONFIG_USERCONFIG}"};
    ini.format = "ini";
    ini.keys = {"*registry"};
    RegistrySource toml;
    toml.files = {"{ancestors}/.cargo/config.toml"};
    toml.format = "toml";
    toml.keys = {"source.*.registry"};
    profile.registries = {ini, toml};
    profiles_ = {profile};
    trust_ = {host_.Path("state"), getuid()};
  }

  absl::StatusOr<std::string> Trust(const std::string& path) {
    return TrustRegistryFile(path, trust_, profiles_);
  }

  TemporaryHost host_;
  std::vector<Profile> profiles_;
  TrustedProjectFiles trust_;
};

TEST_F(RegistryTrustTest, FilesAreKnownByTheirBaseName) {
  EXPECT_TRUE(IsRegistryFileName("/x/.npmrc", profiles_));
  EXPECT_TRUE(IsRegistryFileName("/x/config.toml", profiles_));
  EXPECT_FALSE(IsRegistryFileName("/x/npmrc", profiles_));
  EXPECT_FALSE(IsRegistryFileName("/x/{env:NPM_CONFIG_USERCONFIG}", profiles_));
  EXPECT_FALSE(IsRegistryFileName("/", profiles_));
}

TEST_F(RegistryTrustTest, TheContentIsRememberedAndTheHostsAreTold) {
  const std::string text = "registry=https://user:hunter2@a.example\nother=https://b.example\n";
  const std::string path = host_.Write("work/.npmrc", text);
  absl::StatusOr<std::string> said = Trust(path);
  ASSERT_TRUE(said.ok()) << said.status();
  EXPECT_THAT(*said, AllOf(HasSubstr(path), HasSubstr(Sha256Hex(text)), HasSubstr("a.example:443"),
                           Not(HasSubstr("b.example")), Not(HasSubstr("hunter2"))));
  EXPECT_TRUE(*IsTrusted(trust_.state_directory, trust_.user, Sha256Hex(text), path));
}

TEST_F(RegistryTrustTest, WhatCannotBeUnderstoodIsNotTrusted) {
  const std::string path = host_.Write("work/.cargo/config.toml", "[source\n");
  absl::StatusOr<std::string> said = Trust(path);
  ASSERT_FALSE(said.ok());
  EXPECT_THAT(std::string(said.status().message()), HasSubstr(path + ":1: "));
  EXPECT_FALSE(Trust(host_.Write("work/other", "registry=https://a.example")).ok());
  EXPECT_FALSE(std::filesystem::exists(trust_.state_directory + "/trusted"));
}

TEST_F(RegistryTrustTest, OnlyRegularFilesAreTrusted) {
  ASSERT_EQ(mkfifo(host_.Path("work/.npmrc").c_str(), 0600), 0);
  EXPECT_FALSE(Trust(host_.Path("work/.npmrc")).ok());
  EXPECT_FALSE(Trust(host_.Path("home/.npmrc")).ok());
  EXPECT_FALSE(Trust(host_.MakeDirectory("d/.npmrc")).ok());
}

}  // namespace
}  // namespace safe_trace
