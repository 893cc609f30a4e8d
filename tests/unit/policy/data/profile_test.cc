#include "policy/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "policy/credential_catalog.h"
#include "policy/embedded_data.h"
#include "policy/env_pattern.h"

namespace safe_trace {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Words = std::vector<std::string>;

const Profile& Pip() {
  for (const Profile& profile : ShippedProfiles()) {
    if (profile.name == "pip") return profile;
  }
  ADD_FAILURE() << "no profile pip";
  return ShippedProfiles().back();
}

TEST(ShippedProfilesTest, EveryFileParsesAndGenericIsLast) {
  std::set<std::string> names;
  for (const EmbeddedFile& file : EmbeddedFiles()) {
    if (file.name.substr(0, 9) != "profiles/") continue;
    const auto profile = ParseProfile(file.text, file.name);
    ASSERT_TRUE(profile.ok()) << profile.status();
    EXPECT_TRUE(names.insert(profile->name).second);
    EXPECT_EQ(file.name, "profiles/" + profile->name + ".toml");
    const Profile& shipped = ShippedProfile(profile->name);
    EXPECT_EQ(shipped.exec_rules.size(), profile->exec_rules.size());
    std::set<std::string> ids;
    for (const ExecRule& rule : profile->exec_rules) EXPECT_TRUE(ids.insert(rule.id).second);
  }
  EXPECT_EQ(ShippedProfiles().size(), names.size());
  EXPECT_EQ(ShippedProfiles().back().name, "generic");
}

TEST(ShippedProfilesTest, HeadsRecogniseAsTheWholeDoes) {
  ASSERT_EQ(ShippedProfileHeads().size(), ShippedProfiles().size());
  for (size_t i = 0; i < ShippedProfiles().size(); ++i) {
    const Profile& head = ShippedProfileHeads()[i];
    const Profile& whole = ShippedProfiles()[i];
    EXPECT_EQ(head.name, whole.name);
    EXPECT_EQ(head.role, whole.role);
    EXPECT_EQ(head.programs, whole.programs);
    EXPECT_EQ(head.modules, whole.modules);
  }
}

TEST(ShippedProfilesTest, OwnCredentialsAreInTheCatalogue) {
  std::set<std::string> ids;
  for (const CredentialEntry& entry : ShippedCatalog().credentials) ids.insert(entry.id);
  for (const Profile& profile : ShippedProfiles()) {
    for (const std::string& id : profile.own_credentials) EXPECT_TRUE(ids.count(id)) << id;
    for (const ExecRule& rule : profile.exec_rules) {
      for (const std::string& id : rule.gives) EXPECT_TRUE(ids.count(id)) << rule.id << " " << id;
    }
  }
  EXPECT_THAT(Pip().own_credentials, Not(Contains("credential.keyring")));
}

TEST(RecognizeProfileTest, KnowsPipInItsForms) {
  for (const Words& line :
       std::vector<Words>{{"pip", "install", "x"},
                          {"pip3"},
                          {"pip3.11", "list"},
                          {"/venv/bin/pip", "download", "x"},
                          {"python", "-m", "pip", "install"},
                          {"python3", "-I", "-m", "pip"},
                          {"python3.12", "-Im", "pip"},
                          {"python3", "-mpip"},
                          {"/usr/bin/python3", "-X", "utf8", "-W", "ignore", "-m", "pip"},
                          {"env", "A=1", "pip", "install"},
                          {"/usr/bin/env", "-u", "X", "-i", "B=2", "python3", "-m", "pip"},
                          {"python3", "/venv/bin/pip", "install"},
                          {"/root/.pyenv/shims/pip", "install"},
                          {"python3", "-u", "/usr/lib/pip/__pip-runner__.py", "install"},
                          {"pypy3", "-m", "pip"}}) {
    EXPECT_EQ(RecognizeProfile(line, "").name, "pip") << ::testing::PrintToString(line);
  }
}

TEST(RecognizeProfileTest, TakesEverythingElseForGeneric) {
  for (const Words& line : std::vector<Words>{{},
                                              {""},
                                              {"python", "pip.py"},
                                              {"python3", "-c", "import pip", "pip"},
                                              {"tox", "run"},
                                              {"pip-compile"},
                                              {"pipenv"},
                                              {"bash", "-c", "pip install x"},
                                              {"python3", "-m", "http.server", "pip"},
                                              {"python3", "app.py", "-m", "pip"},
                                              {"python3", "-", "pip"},
                                              {"env", "A=1"},
                                              {"env"},
                                              {"env", "-S", "pip install"},
                                              {"python3", "-m"},
                                              {"python-config", "-m", "pip"},
                                              {"echo", "pip"}}) {
    EXPECT_EQ(RecognizeProfile(line, "").name, "generic") << ::testing::PrintToString(line);
  }
}

ExecFacts Facts(Words arguments, Words environment = {}) {
  ExecFacts facts;
  facts.arguments = std::move(arguments);
  facts.environment = std::move(environment);
  return facts;
}

// The id of the first rule that matches, and where.
std::pair<std::string, int> FirstRule(const ExecFacts& facts) {
  for (const ExecRule& rule : Pip().exec_rules) {
    const int at = MatchExecRule(rule, facts, "/project");
    if (at >= 0) return {rule.id, at};
  }
  return {"", -1};
}

constexpr char kShim[] =
    "\nexec(compile('''\n# This is <pip-setuptools-caller> -- a caller that pip uses to run "
    "setup.py\n"
    "__file__ = %r\n''' % ('/tmp/setup.py',), \"<pip-setuptools-caller>\", \"exec\"))";
constexpr char kOldShim[] =
    "import sys, setuptools, tokenize; sys.argv[0] = '/tmp/x/setup.py'; __file__='/tmp/x/setup.py';"
    "f=getattr(tokenize, 'open', open)(__file__);code=f.read().replace('\\r\\n', '\\n');f.close();"
    "exec(compile(code, __file__, 'exec'))";
constexpr char kOldestShim[] =
    "import setuptools, tokenize;__file__='/tmp/x/setup.py';f=getattr(tokenize, 'open', open)"
    "(__file__);code=f.read().replace('\\r\\n', '\\n');f.close();exec(compile(code, __file__, "
    "'exec'))";

TEST(PipExecRulesTest, BuildBackendIsPackageCodeInEveryVersion) {
  const std::string base = "/usr/lib/python3/dist-packages/pip/_vendor/";
  for (const std::string& script :
       {base + "pyproject_hooks/_in_process/_in_process.py",
        base + "pep517/in_process/_in_process.py", base + "pep517/_in_process.py",
        std::string("/tmp/tmpab12_in_process.py")}) {
    EXPECT_EQ(FirstRule(Facts({"python3", script, "build_wheel", "/tmp/td"})),
              std::make_pair(std::string("pip.build-backend"), 1))
        << script;
  }
}

TEST(PipExecRulesTest, LegacySetupIsPackageCode) {
  EXPECT_EQ(FirstRule(Facts({"python3", "-c", kShim, "egg_info", "--egg-base", "/tmp/e"})),
            std::make_pair(std::string("pip.legacy-setup"), 1));
  EXPECT_EQ(FirstRule(Facts({"python3", "-u", "-c", kShim, "bdist_wheel", "-d", "/tmp/w"})),
            std::make_pair(std::string("pip.legacy-setup"), 2));
  EXPECT_EQ(FirstRule(Facts({"python3", "-c", kShim, "develop", "--no-deps"})).first,
            "pip.legacy-develop");
  EXPECT_EQ(FirstRule(Facts({"python3", "-u", "-c", kOldShim, "install"})).first,
            "pip.legacy-setup-before-21.3");
  EXPECT_EQ(FirstRule(Facts({"python3", "-c", kOldestShim, "develop"})).first,
            "pip.legacy-develop-before-21.3");
}

TEST(PipExecRulesTest, LegacyInstallMayNotWriteSitePackages) {
  for (const ExecRule& rule : Pip().exec_rules) {
    if (rule.id.find("legacy-setup") == std::string::npos) continue;
    EXPECT_THAT(rule.writes, Not(Contains(HasSubstr("{install}")))) << rule.id;
  }
  EXPECT_THAT(Pip().default_variables,
              Contains(AllOf(Field(&DefaultVariable::name, "PIP_USE_PEP517"),
                             Field(&DefaultVariable::value, "1"))));
}

TEST(PipExecRulesTest, BuildEnvironmentStaysManager) {
  for (const Words& line :
       std::vector<Words>{{"python3", "/usr/lib/python3/dist-packages/pip/__pip-runner__.py",
                           "install", "--ignore-installed", "--", "x_in_process.py", "a", "b"},
                          {"python3", "/lib/site-packages/pip", "install", "--ignore-installed"},
                          {"python3", "-m", "pip", "install", "--ignore-installed"}}) {
    const auto& rules = Pip().exec_rules;
    const auto matched = std::find_if(rules.begin(), rules.end(), [&](const ExecRule& rule) {
      return MatchExecRule(rule, Facts(line), "/project") >= 0;
    });
    ASSERT_NE(matched, rules.end());
    EXPECT_EQ(matched->role, Role::kManager) << matched->id;
  }
}

TEST(PipExecRulesTest, HelpersOfPipMatchNoRule) {
  for (const Words& line : std::vector<Words>{{"lsb_release", "-a"},
                                              {"rustc", "--version"},
                                              {"git", "clone", "-q"},
                                              {"python3", "-c", "print(1)"},
                                              {}}) {
    EXPECT_EQ(FirstRule(Facts(line)).second, -1) << ::testing::PrintToString(line);
  }
}

TEST(MatchExecRuleTest, EnvironmentAndAbsenceCount) {
  ExecRule rule;
  rule.environment_set = {"OUT_DIR"};
  rule.arguments_absent = {"--version"};
  EXPECT_EQ(MatchExecRule(rule, Facts({"x"}, {"OUT_DIR=/o"}), "/project"), 0);
  EXPECT_EQ(MatchExecRule(rule, Facts({"x"}, {"OUT_DIRECTORY=/o"}), "/project"), -1);
  EXPECT_EQ(MatchExecRule(rule, Facts({"x", "--version"}, {"OUT_DIR=/o"}), "/project"), -1);
}

TEST(PathOptionValuesTest, ReadsBothForms) {
  EXPECT_THAT(
      PathOptionValues(Pip(), {"pip", "install", "-t", "/a", "--target=/b", "--prefix", "/c",
                               "-d/d", "x", "--report", "r.json", "--", "--log", "/no"}),
      ElementsAre("/a", "/b", "/c", "/d", "r.json"));
  EXPECT_THAT(PathOptionValues(Pip(), {"python3", "-d", "-m", "pip", "download", "-d", "out"}),
              ElementsAre("out"));
  EXPECT_THAT(PathOptionValues(Pip(), {"pip", "install", "-t"}), IsEmpty());
  EXPECT_THAT(PathOptionValues(Pip(), {}), IsEmpty());
}

TEST(WritesOfCommandTest, DownloadAndWheelWriteTheWorkingDirectory) {
  EXPECT_THAT(WritesOfCommand(Pip(), {"pip", "--timeout", "5", "download", "x"}),
              ElementsAre("{cwd}"));
  EXPECT_THAT(WritesOfCommand(Pip(), {"python3", "-m", "pip", "wheel", "x"}), ElementsAre("{cwd}"));
  EXPECT_THAT(WritesOfCommand(Pip(), {"pip", "list"}), IsEmpty());
  EXPECT_THAT(WritesOfCommand(Pip(), {"pip", "install", "x"}),
              Not(AnyOf(Contains("{cwd}"), Contains("{cwd}/src"))));
  EXPECT_THAT(WritesOfCommand(Pip(), {"pip", "install", "-e", "."}), Contains("{cwd}/src"));
  EXPECT_THAT(WritesOfCommand(Pip(), {"pip", "install", "-e."}), Contains("{cwd}/src"));
}

TEST(ParseProfileTest, ErrorsNameLineAndKey) {
  const auto message = [](std::string_view text) {
    return std::string(ParseProfile(text, "p").status().message());
  };
  EXPECT_THAT(message("name = \"x\"\nrole = \"manager\"\nprogram = []\n"),
              HasSubstr("p:3: unknown key 'program'; did you mean 'programs'?"));
  EXPECT_THAT(message("name = \"x\"\nrole = \"boss\"\n"), HasSubstr("p:2: 'role' must be"));
  EXPECT_THAT(message("name = \"x\"\n"), HasSubstr("'role' must be"));
  EXPECT_THAT(message("role = \"manager\"\n"), HasSubstr("needs a name"));
  EXPECT_THAT(message("name=\"x\"\nrole=\"manager\"\n[[exec]]\nid=\"a\"\nrole=\"package\"\n"),
              HasSubstr("p:3: an [[exec]] without"));
  const std::string head = "name=\"x\"\nrole=\"manager\"\n";
  EXPECT_THAT(message(head + "[[setting]]\nname = \"a\"\n"),
              HasSubstr("p:3: a [[setting]] needs a name, files and keys"));
  const std::string setting =
      head + "[[setting]]\nname = \"a\"\nfiles = [\"/f\"]\nkeys = [\"k\"]\n";
  EXPECT_THAT(message(setting), HasSubstr("'format' must be"));
  EXPECT_THAT(message(setting + "format = \"ini\"\nrelative_to = \"home\"\n"),
              HasSubstr("'relative_to' must be"));
  EXPECT_THAT(message(head + "[[workspace]]\nfile = \"a/b\"\n"), HasSubstr("a base name"));
  EXPECT_THAT(message(head + "[[workspace]]\nfile = \"a\"\nkey = \"k\"\nformat = \"ini\"\n"),
              HasSubstr("'format' must be toml, yaml or json"));
}

// What a template asks for by {setting:NAME} some [[setting]] must give: a misspelt name is silent.
TEST(ShippedProfilesTest, EverySettingThatTemplatesAskForIsRead) {
  for (const Profile& profile : ShippedProfiles()) {
    std::vector<std::string> templates = profile.writes;
    const auto add = [&](const std::vector<std::string>& more) {
      templates.insert(templates.end(), more.begin(), more.end());
    };
    add(profile.installs);
    add(profile.builds);
    for (const CommandWrites& command : profile.command_writes) add(command.writes);
    for (const ExecRule& rule : profile.exec_rules) {
      add(rule.reads);
      add(rule.writes);
      add(rule.installed_writes);
    }
    std::vector<std::string> asked, read;
    for (const std::string& text : templates) {
      const size_t at = text.find("{setting:");
      if (at == std::string::npos) continue;
      asked.push_back(text.substr(at + 9, text.find('}', at) - at - 9));
    }
    for (const ManagerSetting& setting : profile.settings) read.push_back(setting.name);
    for (const std::string& name : asked) EXPECT_THAT(read, Contains(name)) << profile.name;
    for (const std::string& name : read) EXPECT_THAT(asked, Contains(name)) << profile.name;
  }
}

}  // namespace
}  // namespace safe_trace
