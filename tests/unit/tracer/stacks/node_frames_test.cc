#include "tracer/stacks/node_frames.h"

#include <gtest/gtest.h>

namespace safe_trace {
namespace {

std::vector<std::string> ListOf(TraceEvent& event, std::string_view key) {
  for (const auto& [name, value] : event.fields) {
    if (name == key) return std::get<std::vector<std::string>>(value);
  }
  return {};
}

TEST(NodeFrames, AboutAndFramesAreTakenApart) {
  NodeFrames told = ParseNodeFrames("/a/key\nread\t/p/node_modules/evil/x.js:3\n\t/p/app.js:9");
  EXPECT_EQ(told.about, "/a/key");
  TraceEvent event;
  told.frames.SetOn(event);
  EXPECT_EQ(ListOf(event, "safe_trace.stack.function"), (std::vector<std::string>{"read", ""}));
  EXPECT_EQ(ListOf(event, "safe_trace.stack.location"),
            (std::vector<std::string>{"/p/node_modules/evil/x.js:3", "/p/app.js:9"}));
  EXPECT_EQ(ListOf(event, "safe_trace.stack.package"), (std::vector<std::string>{"evil", ""}));
}

TEST(NodeFrames, NonsenseAndTooManyAreBounded) {
  TraceEvent event;
  ParseNodeFrames("").frames.SetOn(event);
  EXPECT_TRUE(ListOf(event, "safe_trace.stack.source").empty());
  std::string text = "about";
  for (int i = 0; i < 1000; ++i) text += "\nf\t/x:1\nno tab";
  TraceEvent many;
  ParseNodeFrames(text).frames.SetOn(many);
  EXPECT_LE(ListOf(many, "safe_trace.stack.source").size(), 32u);
}

TEST(NodePackageOf, TheInnermostDirectoryWithItsScope) {
  EXPECT_EQ(NodePackageOf("/p/node_modules/a/node_modules/@s/b/lib/i.js:1"), "@s/b");
  EXPECT_EQ(NodePackageOf("/p/node_modules/a"), "");
  EXPECT_EQ(NodePackageOf("/p/node_modules/@s/b"), "");
  EXPECT_EQ(NodePackageOf("/p/app.js"), "");
}

}  // namespace
}  // namespace safe_trace
