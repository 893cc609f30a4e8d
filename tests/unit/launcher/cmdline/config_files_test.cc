#include "launcher/config_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "launcher/config_paths.h"
#include "launcher/trusted_files.h"

namespace safe_trace {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> Values(const std::vector<Entry>& entries) {
  std::vector<std::string> values;
  for (const Entry& entry : entries) values.push_back(entry.value);
  return values;
}

class ConfigFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "st-config-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = fs::canonical(pattern).string();
    locations_.system_directory = root_ + "/etc";
    locations_.user_directory = root_ + "/config";
    locations_.state_directory = root_ + "/state/safe-trace";
    locations_.working_directory = root_ + "/project";
    locations_.home = root_ + "/home";
    locations_.user = geteuid();
    for (const char* name : {"/etc", "/config", "/project", "/home"}) {
      fs::create_directory(root_ + name);
    }
  }
  void TearDown() override { fs::remove_all(root_); }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(root_ + name) << text;
    chmod((root_ + name).c_str(), 0644);
  }
  absl::StatusOr<LoadedConfig> Load() { return LoadConfig(locations_, config_file_, overrides_); }
  std::string LoadError() {
    absl::StatusOr<LoadedConfig> loaded = Load();
    return loaded.ok() ? "no error" : std::string(loaded.status().message());
  }

  std::string root_;
  ConfigLocations locations_;
  std::optional<std::string> config_file_;
  Config overrides_;
};

TEST_F(ConfigFilesTest, NoFilesGiveTheCommandLineAlone) {
  overrides_.timeout_seconds = 5;
  absl::StatusOr<LoadedConfig> loaded = Load();
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->config.timeout_seconds, 5U);
  EXPECT_THAT(loaded->files, IsEmpty());
  EXPECT_THAT(loaded->notices, IsEmpty());
}

TEST_F(ConfigFilesTest, LaterLayersReplaceValuesAndStackLists) {
  Write("/etc/config.toml", "[sandbox]\ntimeout = 1\n[network]\nallowed_hosts = ['a.example']\n");
  Write("/config/config.json",
        R"({"sandbox": {"timeout": 2, "pids": 9}, "network": {"allowed_hosts": ["b.example"]}})");
  Write("/extra.toml", "[sandbox]\ntimeout = 3\n");
  config_file_ = "../extra.toml";
  overrides_.allowed_hosts = {{"c.example", "--allow-host"}};
  absl::StatusOr<LoadedConfig> loaded = Load();
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->config.timeout_seconds, 3U);
  EXPECT_EQ(loaded->config.pids, 9U);
  EXPECT_THAT(Values(loaded->config.allowed_hosts),
              ElementsAre("a.example", "b.example", "c.example"));
  EXPECT_THAT(loaded->files, ElementsAre(root_ + "/etc/config.toml", root_ + "/config/config.json",
                                         root_ + "/extra.toml"));
  overrides_.timeout_seconds = 4;
  EXPECT_EQ(Load()->config.timeout_seconds, 4U);
}

TEST_F(ConfigFilesTest, FromBelowTheProjectsRootAllFilesDownToTheWorkingDirectoryTighten) {
  fs::create_directories(root_ + "/project/crates/one");
  Write("/project/safe-trace.toml", "[vault]\nextra_paths = ['/root-says']\n");
  Write("/project/crates/safe-trace.toml", "[network]\nallowed_hosts = ['x.example']\n");
  Write("/project/crates/one/safe-trace.toml", "[vault]\nextra_paths = ['/member-says']\n");
  locations_.working_directory = root_ + "/project/crates/one";
  locations_.project = root_ + "/project";
  absl::StatusOr<LoadedConfig> loaded = Load();
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(Values(loaded->config.extra_paths), ElementsAre("/root-says", "/member-says"));
  EXPECT_THAT(loaded->config.allowed_hosts, IsEmpty());
  EXPECT_THAT(loaded->notices,
              ElementsAre(HasSubstr(root_ + "/project/crates/safe-trace.toml"),
                          HasSubstr("policy trust " + root_ + "/project/crates/")));
}

TEST_F(ConfigFilesTest, ANamedFileThatIsAbsentIsAnError) {
  config_file_ = "nowhere.toml";
  EXPECT_THAT(LoadError(), HasSubstr(root_ + "/project/nowhere.toml: No such file"));
}

TEST_F(ConfigFilesTest, AMalformedFileIsNamedWithItsLine) {
  Write("/config/config.toml", "[sandbox]\ntimeout = 1\ntimeuot = 2\n");
  EXPECT_THAT(LoadError(), AllOf(HasSubstr(root_ + "/config/config.toml:3"), HasSubstr("timeout")));
  Write("/config/config.toml", "[sandbox\n");
  EXPECT_THAT(LoadError(), HasSubstr(root_ + "/config/config.toml:1"));
}

TEST_F(ConfigFilesTest, TwoFormatsSideBySideAreAnError) {
  Write("/etc/config.toml", "");
  Write("/etc/config.json", "{}");
  EXPECT_THAT(LoadError(), HasSubstr("keep one"));
}

TEST_F(ConfigFilesTest, AFifoDoesNotHang) {
  ASSERT_EQ(mkfifo((root_ + "/project/safe-trace.toml").c_str(), 0600), 0);
  EXPECT_THAT(LoadError(), HasSubstr("safe-trace.toml: not a regular file"));
}

TEST_F(ConfigFilesTest, ADirectoryInPlaceOfAFileIsAnError) {
  fs::create_directory(root_ + "/config/config.toml");
  EXPECT_THAT(LoadError(), HasSubstr("config.toml: not a regular file"));
}

TEST_F(ConfigFilesTest, AFileThatEverybodyMayWriteIsRefused) {
  Write("/config/config.toml", "");
  chmod((root_ + "/config/config.toml").c_str(), 0666);
  EXPECT_THAT(LoadError(), AllOf(HasSubstr("everybody may write"), HasSubstr("chmod o-w")));
}

TEST_F(ConfigFilesTest, AFileOfAnotherUserIsRefused) {
  Write("/config/config.toml", "");
  if (geteuid() == 0) {
    ASSERT_EQ(chown((root_ + "/config/config.toml").c_str(), 12345, static_cast<gid_t>(-1)), 0);
  } else {
    locations_.user = geteuid() + 1;
  }
  EXPECT_THAT(LoadError(), HasSubstr("config.toml: belongs to user"));
}

TEST_F(ConfigFilesTest, AnUnreadableFileIsAnErrorNotAnAbsence) {
  Write("/config/config.toml", "");
  chmod((root_ + "/config").c_str(), 0);
  // Root reads everything, so it becomes somebody else for a moment.
  const bool is_root = geteuid() == 0;
  if (is_root) {
    chmod(root_.c_str(), 0755);
    ASSERT_EQ(seteuid(65534), 0);
  }
  const std::string error = LoadError();
  if (is_root) {
    ASSERT_EQ(seteuid(0), 0);
  }
  chmod((root_ + "/config").c_str(), 0700);
  EXPECT_THAT(error, HasSubstr("/config/config.toml: Permission denied"));
}

TEST_F(ConfigFilesTest, AFileBeyondOneMebibyteIsRefused) {
  Write("/config/config.toml", std::string(1024 * 1024, '\n'));
  EXPECT_TRUE(Load().ok());
  Write("/config/config.toml", std::string(1024 * 1024 + 1, '\n'));
  EXPECT_THAT(LoadError(), HasSubstr("larger than 1 MiB"));
}

TEST_F(ConfigFilesTest, KeysOfLaterVersionsAreRefusedNotSwallowed) {
  for (const char* text : {"[run]\nexe = '/bin/x'\n", "[run]\nuser = 'u'\n",
                           "[run]\nroot_dir = '/srv'\n", "[policy]\ndecoys = true\n"}) {
    Write("/config/config.toml", text);
    EXPECT_THAT(LoadError(), HasSubstr("not part of this version")) << text;
  }
  Write("/config/config.toml", "[policy]\ndecoys = false\n");
  EXPECT_TRUE(Load().ok());
}

TEST_F(ConfigFilesTest, AProjectFileTightensWithoutTrust) {
  Write("/project/safe-trace.toml",
        "[vault]\nextra_paths = ['secret']\n[network]\noffline = true\n");
  absl::StatusOr<LoadedConfig> loaded = Load();
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(Values(loaded->config.extra_paths), ElementsAre(root_ + "/project/secret"));
  EXPECT_EQ(loaded->config.offline, true);
  EXPECT_THAT(loaded->notices, IsEmpty());
}

TEST_F(ConfigFilesTest, AProjectFileLoosensOnlyWhenItsVeryContentIsTrusted) {
  const std::string text = "[network]\nallowed_hosts = ['evil.example']\n";
  Write("/project/safe-trace.toml", text);
  absl::StatusOr<LoadedConfig> loaded = Load();
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(loaded->config.allowed_hosts, IsEmpty());
  ASSERT_THAT(loaded->notices, ElementsAre(HasSubstr("evil.example"), HasSubstr("policy trust")));

  absl::StatusOr<std::string> said = TrustProjectFile(locations_, "");
  ASSERT_TRUE(said.ok()) << said.status();
  EXPECT_THAT(*said, HasSubstr(Sha256Hex(text)));
  loaded = Load();
  EXPECT_THAT(Values(loaded->config.allowed_hosts), ElementsAre("evil.example"));
  EXPECT_THAT(loaded->notices, IsEmpty());

  Write("/project/safe-trace.toml", text + "# changed\n");
  EXPECT_THAT(Load()->config.allowed_hosts, IsEmpty());
}

TEST_F(ConfigFilesTest, TrustBelongsToOnePathAndIsRenewedNotDoubled) {
  const std::string text = "[network]\nallowed_hosts = ['evil.example']\n";
  Write("/project/safe-trace.toml", text);
  ASSERT_TRUE(TrustProjectFile(locations_, "").ok());
  ASSERT_TRUE(TrustProjectFile(locations_, "./safe-trace.toml").ok());
  std::ifstream list(locations_.state_directory + "/trusted");
  const std::string lines((std::istreambuf_iterator<char>(list)), {});
  EXPECT_EQ(lines, Sha256Hex(text) + "  " + root_ + "/project/safe-trace.toml\n");
  struct stat info;
  ASSERT_EQ(stat((locations_.state_directory + "/trusted").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);

  fs::create_directory(root_ + "/other");
  Write("/other/safe-trace.toml", text);
  locations_.working_directory = root_ + "/other";
  EXPECT_THAT(Load()->config.allowed_hosts, IsEmpty());
}

TEST_F(ConfigFilesTest, TrustOfAFileThatDoesNotParseIsRefused) {
  Write("/project/safe-trace.toml", "[network\n");
  EXPECT_FALSE(TrustProjectFile(locations_, "").ok());
  Write("/project/x.toml", "");
  EXPECT_FALSE(TrustProjectFile(locations_, "x.toml").ok());
  EXPECT_FALSE(fs::exists(locations_.state_directory + "/trusted"));
}

TEST_F(ConfigFilesTest, AListOfTrustThatOthersMayWriteStopsTheRun) {
  Write("/project/safe-trace.toml", "");
  ASSERT_TRUE(TrustProjectFile(locations_, "").ok());
  chmod((locations_.state_directory + "/trusted").c_str(), 0666);
  EXPECT_THAT(LoadError(), HasSubstr("everybody may write"));
}

TEST_F(ConfigFilesTest, PathsBecomeAbsoluteAndKeepTheirCanonicalFormToo) {
  fs::create_directory(root_ + "/real");
  fs::create_directory_symlink(root_ + "/real", root_ + "/project/link");
  overrides_.allow_write = {{"link/out", "--allow-write"}, {"./a//b/", "--allow-write"}};
  overrides_.extra_paths = {{"~/secret", "--hide"}, {"$XDG_CONFIG_HOME/x", "--hide"}};
  absl::StatusOr<LoadedConfig> loaded = Load();
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(loaded->config.allow_write,
              ElementsAre(Entry{root_ + "/project/link/out", "--allow-write"},
                          Entry{root_ + "/real/out", "--allow-write"},
                          Entry{root_ + "/project/a/b", "--allow-write"}));
  EXPECT_THAT(Values(loaded->config.extra_paths),
              ElementsAre(root_ + "/home/secret", "$XDG_CONFIG_HOME/x"));
}

TEST_F(ConfigFilesTest, PathsOfAFileAreRelativeToThatFile) {
  Write("/config/config.toml", "[policy]\nallow_read = ['here']\n");
  EXPECT_THAT(Values(Load()->config.allow_read), ElementsAre(root_ + "/config/here"));
}

TEST_F(ConfigFilesTest, DotDotAfterASymlinkGoesWhereTheKernelGoes) {
  fs::create_directories(root_ + "/real/deep");
  fs::create_directory_symlink(root_ + "/real/deep", root_ + "/project/link");
  overrides_.allow_read = {{"link/../x", "--allow-read"}};
  EXPECT_THAT(Values(Load()->config.allow_read),
              ElementsAre(root_ + "/project/x", root_ + "/real/x"));
}

TEST_F(ConfigFilesTest, PathsThatNobodyCanMeanAreErrors) {
  overrides_.extra_paths = {{"~root/x", "--hide"}};
  EXPECT_THAT(LoadError(), HasSubstr("--hide: path '~root/x'"));
  overrides_.extra_paths = {{std::string("a\0b", 3), "--hide"}};
  EXPECT_THAT(LoadError(), HasSubstr("NUL"));
  overrides_.extra_paths = {{"~/x", "--hide"}};
  locations_.home = "";
  EXPECT_THAT(LoadError(), HasSubstr("$HOME"));
}

TEST(Sha256Test, MatchesTheStandardsExample) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace safe_trace
