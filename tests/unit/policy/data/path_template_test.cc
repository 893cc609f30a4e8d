#include "policy/path_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace safe_trace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TemplateFacts Facts() {
  TemplateFacts facts;
  facts.working_directory = "/tmp/pip-install-q/foo_1/sub";
  facts.home = "/home/u";
  facts.environment = {
      {"PYTHONPATH", "/tmp/pip-build-env-x/site:/opt/lib"},
      {"PATH", "/tmp/pip-build-env-x/overlay/bin:/tmp/pip-build-env-x/normal/bin:/bin"},
      {"EMPTY", ""}};
  facts.install_targets = {"/venv/lib/site-packages", "/venv/bin"};
  facts.temporary_directories = {"/tmp", "/var/tmp"};
  facts.executable = "/venv/bin/python3";
  facts.arguments = {"python3", "/x/_in_process.py",      "build_wheel", "/tmp/ctl", "-d",
                     "/tmp/w",  "--egg-base=pip-egg-info"};
  facts.script_index = 1;
  facts.read_file = [](const std::string& path) -> std::string {
    if (path != "/tmp/ctl/input.json") return "";
    return R"({"kwargs": {"wheel_directory": "/tmp/wheel", "metadata_directory": null,
               "sdist_directory": "../../etc", "many": ["/a/b", "/c/d", 3]}})";
  };
  return facts;
}

TEST(ExpandTemplateTest, KnowsTheProjectAndThePlacesOfConfiguration) {
  TemplateFacts f = Facts();
  f.project = "/tmp/pip-install-q";
  f.settings = {{"cache", {"/srv/a", "/srv/b"}}, {"home", {"/home/u"}}};
  EXPECT_THAT(ExpandTemplate("{project}/x", f), ElementsAre("/tmp/pip-install-q/x"));
  EXPECT_THAT(ExpandTemplate("{setting:cache}/x", f), ElementsAre("/srv/a/x", "/srv/b/x"));
  EXPECT_THAT(ExpandTemplate("{setting:home}", f), IsEmpty());
  EXPECT_THAT(ExpandTemplate("{setting:home}/bin", f), ElementsAre("/home/u/bin"));
  EXPECT_THAT(ExpandTemplate("{setting:other}", f), IsEmpty());
}

TEST(ExpandTemplateTest, KnowsEveryName) {
  const TemplateFacts f = Facts();
  EXPECT_THAT(ExpandTemplate("{cwd}", f), ElementsAre("/tmp/pip-install-q/foo_1/sub"));
  EXPECT_THAT(ExpandTemplate("{cwd:/**/pip-install-*/*}", f),
              ElementsAre("/tmp/pip-install-q/foo_1"));
  EXPECT_THAT(ExpandTemplate("{cache}/pip", f), ElementsAre("/home/u/.cache/pip"));
  EXPECT_THAT(ExpandTemplate("{config}/pip", f), ElementsAre("/home/u/.config/pip"));
  EXPECT_THAT(ExpandTemplate("{home}/.x", f), ElementsAre("/home/u/.x"));
  EXPECT_THAT(ExpandTemplate("{install}", f), ElementsAre("/venv/lib/site-packages", "/venv/bin"));
  EXPECT_THAT(ExpandTemplate("{tmp}/a", f), ElementsAre("/tmp/a", "/var/tmp/a"));
  EXPECT_THAT(ExpandTemplate("{exe-prefix}/src", f), ElementsAre("/venv/src"));
  EXPECT_THAT(ExpandTemplate("{arg:2}", f), ElementsAre("/tmp/ctl"));
  EXPECT_THAT(ExpandTemplate("{env:PYTHONPATH}", f),
              ElementsAre("/tmp/pip-build-env-x/site", "/opt/lib"));
  EXPECT_THAT(ExpandTemplate("{env:PATH:/**/pip-build-env-*}", f),
              ElementsAre("/tmp/pip-build-env-x"));
  EXPECT_THAT(ExpandTemplate("{option:-d}", f), ElementsAre("/tmp/w"));
  EXPECT_THAT(ExpandTemplate("{option:--egg-base}", f),
              ElementsAre("/tmp/pip-install-q/foo_1/sub/pip-egg-info"));
  EXPECT_THAT(ExpandTemplate("{json:{arg:2}/input.json:kwargs.wheel_directory}", f),
              ElementsAre("/tmp/wheel"));
  EXPECT_THAT(ExpandTemplate("{json:/tmp/ctl/input.json:kwargs.many}", f),
              ElementsAre("/a/b", "/c/d"));
}

TEST(ExpandTemplateTest, QuotedTextsOfAScriptAreUnderstood) {
  TemplateFacts f;
  f.working_directory = "/w";
  f.arguments = {
      "python", "-c",
      "x = b\"/h/\\xc3\\xa9 a/.tmp1\"; y = \"/h/.tmp1/out.txt\" + \"/h/q\\\"/.tmp2\"; \"\""};
  EXPECT_THAT(ExpandTemplate("{quoted:2:/**/.tmp*}", f),
              ElementsAre("/h/\xc3\xa9 a/.tmp1", "/h/q\"/.tmp2"));
  EXPECT_THAT(ExpandTemplate("{quoted:2:/**/.tmp*/*}", f), ElementsAre("/h/.tmp1/out.txt"));
  EXPECT_THAT(ExpandTemplate("{quoted:3:/**}", f), IsEmpty());
  EXPECT_THAT(ExpandTemplate("{quoted:2}", f), IsEmpty());
  f.arguments = {"python", "-c", "\"/a/.tmp\\"};
  EXPECT_THAT(ExpandTemplate("{quoted:2:/nowhere}", f), IsEmpty());
}

TEST(ExpandTemplateTest, WhatCannotBeExpandedGivesNothing) {
  const TemplateFacts f = Facts();
  for (const char* tmpl : {"{nothing}", "{arg:99}", "{arg:x}", "{env:UNSET}", "{env:EMPTY}",
                           "{option:--no}", "{json:{arg:2}/input.json:kwargs.metadata_directory}",
                           "{json:{arg:2}/input.json:kwargs.none}", "{json:/no/such:a}",
                           "{json:/tmp/ctl/input.json}", "{cwd", "{", "", "{cwd:/nowhere/*}",
                           "{json:{json:{json:{json:{json:{json:{arg:2}:a}:a}:a}:a}:a}:a}"}) {
    EXPECT_THAT(ExpandTemplate(tmpl, f), IsEmpty()) << tmpl;
  }
  EXPECT_THAT(ExpandTemplate("{cwd}{home}{cache}", TemplateFacts()), IsEmpty());
}

TEST(ExpandTemplateTest, NeverGrantsTheRootTheHomeOrAParent) {
  TemplateFacts f = Facts();
  EXPECT_THAT(ExpandTemplate("{home}", f), IsEmpty());
  EXPECT_THAT(ExpandTemplate("{home}/.", f), IsEmpty());
  EXPECT_THAT(ExpandTemplate("/", f), IsEmpty());
  EXPECT_THAT(ExpandTemplate("{json:{arg:2}/input.json:kwargs.sdist_directory}", f), IsEmpty());
  f.environment["PYTHONPATH"] = "/:/home/u:..:/x/../home/u";
  EXPECT_THAT(ExpandTemplate("{env:PYTHONPATH}", f), IsEmpty());
}

TEST(ExpandTemplateTest, ResultsAreBounded) {
  TemplateFacts f = Facts();
  std::string list;
  for (int i = 0; i < 5000; ++i) list += "/d" + std::to_string(i) + ":";
  f.environment["PYTHONPATH"] = list;
  EXPECT_LE(ExpandTemplate("{env:PYTHONPATH}", f).size(), 64u);
  EXPECT_LE(ExpandTemplate("{env:PYTHONPATH}{env:PYTHONPATH}", f).size(), 64u);
  f.environment["PYTHONPATH"] = "/" + std::string(10000, 'x');
  EXPECT_THAT(ExpandTemplate("{env:PYTHONPATH}", f), IsEmpty());
}

}  // namespace
}  // namespace safe_trace
